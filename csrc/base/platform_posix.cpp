#ifndef _WIN32
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <cerrno>

#include "base/platform.h"

namespace fastseq::platform {
namespace {

void set_info(const struct stat& found, FileInfo* info) {
#ifdef __APPLE__
  const struct timespec& modified = found.st_mtimespec;
#else
  const struct timespec& modified = found.st_mtim;
#endif
  info->is_regular = S_ISREG(found.st_mode);
  info->size = found.st_size;
  info->device = static_cast<uint64_t>(found.st_dev);
  info->inode = found.st_ino;
  info->modified_s = modified.tv_sec;
  info->modified_ns = modified.tv_nsec;
}

}  // namespace

void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t size) {
#ifdef MADV_HUGEPAGE
  ::madvise(memory, size, MADV_HUGEPAGE);
#endif
}

int process_id() { return ::getpid(); }

void name_this_thread(const char* name) {
#ifdef __APPLE__
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

InterruptAction InterruptAction::current() {
  InterruptAction found;
  ::sigaction(SIGINT, nullptr, &found.action_);
  return found;
}

void InterruptAction::install() const { ::sigaction(SIGINT, &action_, nullptr); }

InterruptAction::Handler InterruptAction::handler() const {
  if (action_.sa_flags & SA_SIGINFO || action_.sa_handler == SIG_DFL || action_.sa_handler == SIG_IGN) return nullptr;
  return action_.sa_handler;
}

InterruptAction InterruptAction::with(Handler handler) const {
  InterruptAction changed = *this;
  changed.action_.sa_handler = handler;
  return changed;
}

bool get_file_info(int descriptor, FileInfo* info) {
  struct stat found;
  if (::fstat(descriptor, &found) != 0) return false;
  set_info(found, info);
  return true;
}

bool get_file_info(const std::string& path, FileInfo* info) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return false;
  set_info(found, info);
  return true;
}

int open_for_reading(const std::string& path) {
  int descriptor;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

bool has_crc32c() {
#if defined(__x86_64__)
  return true;  // as base/cpu.h requires
#elif defined(__aarch64__) && defined(__linux__)
  return ::getauxval(AT_HWCAP) & HWCAP_CRC32;
#else
  return false;
#endif
}

void close_descriptor(int descriptor) { ::close(descriptor); }

void expect_random_reads([[maybe_unused]] int descriptor) {
#ifdef POSIX_FADV_RANDOM
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM);
#endif
}

int64_t read_at(int descriptor, void* data, size_t count, int64_t offset) {
  ssize_t got;
  do {
    got = ::pread(descriptor, data, count, offset);
  } while (got < 0 && errno == EINTR);
  return got;
}

int open_for_writing(const std::string& path) {
  int descriptor;
  do {
    descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int64_t write_at(int descriptor, const void* data, size_t count, int64_t offset) {
  ssize_t written;
  do {
    written = ::pwrite(descriptor, data, count, offset);
  } while (written < 0 && errno == EINTR);
  return written;
}

bool resize_file(int descriptor, int64_t size) { return ::ftruncate(descriptor, size) == 0; }

bool try_lock(int descriptor) { return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0; }

void unlock(int descriptor) { ::flock(descriptor, LOCK_UN); }

}  // namespace fastseq::platform
#endif
