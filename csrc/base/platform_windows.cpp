// Compiled by .ci/wheels/cross_check.py, and not part of any release: see docs/porting.md.
#ifdef _WIN32
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <share.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/platform.h"

namespace fastseq::platform {
namespace {

// Python's os.fsencode() makes UTF-8 of paths. Empty if it is none.
std::wstring wide(const std::string& path) {
  const int size = static_cast<int>(path.size());
  std::wstring result(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path.data(), size, nullptr, 0), L'\0');
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path.data(), size, result.data(), static_cast<int>(result.size()));
  return result;
}

HANDLE handle_of(int descriptor) { return reinterpret_cast<HANDLE>(_get_osfhandle(descriptor)); }

bool get_handle_info(HANDLE handle, FileInfo* info) {
  constexpr int64_t kTicksPerSecond = 10'000'000;
  BY_HANDLE_FILE_INFORMATION found;
  if (!GetFileInformationByHandle(handle, &found)) {
    errno = EIO;
    return false;
  }
  const auto joined = [](DWORD high, DWORD low) { return static_cast<uint64_t>(high) << 32 | low; };
  const auto ticks =
      static_cast<int64_t>(joined(found.ftLastWriteTime.dwHighDateTime, found.ftLastWriteTime.dwLowDateTime));
  info->is_regular = !(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
  info->size = static_cast<int64_t>(joined(found.nFileSizeHigh, found.nFileSizeLow));
  info->device = found.dwVolumeSerialNumber;
  info->inode = joined(found.nFileIndexHigh, found.nFileIndexLow);
  info->modified_s = ticks / kTicksPerSecond;
  info->modified_ns = ticks % kTicksPerSecond * 100;
  return true;
}

}  // namespace

void prefer_huge_pages(void*, size_t) {}

int process_id() { return _getpid(); }

void name_this_thread(const char* name) {
  SetThreadDescription(GetCurrentThread(), std::wstring(name, name + std::char_traits<char>::length(name)).c_str());
}

// Windows runs handlers on threads of their own.
SignalsBlocked::SignalsBlocked() {}
SignalsBlocked::~SignalsBlocked() {}

InterruptAction InterruptAction::current() {
  InterruptAction found;
  found.handler_ = ::signal(SIGINT, SIG_IGN);  // there is no other way to read it
  found.install();
  return found;
}

void InterruptAction::install() const { ::signal(SIGINT, handler_); }

InterruptAction::Handler InterruptAction::handler() const {
  return handler_ == SIG_DFL || handler_ == SIG_IGN || handler_ == SIG_ERR ? nullptr : handler_;
}

InterruptAction InterruptAction::with(Handler handler) const {
  InterruptAction changed = *this;
  changed.handler_ = handler;
  return changed;
}

bool get_file_info(int descriptor, FileInfo* info) {
  const HANDLE handle = handle_of(descriptor);
  if (GetFileType(handle) == FILE_TYPE_DISK) return get_handle_info(handle, info);
  *info = {};  // a pipe or a device
  return true;
}

bool get_file_info(const std::string& path, FileInfo* info) {
  const HANDLE handle = CreateFileW(wide(path).c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    errno = ENOENT;
    return false;
  }
  const bool found = get_handle_info(handle, info);
  CloseHandle(handle);
  return found;
}

int open_for_reading(const std::string& path) {
  const std::wstring name = wide(path);
  const int descriptor = _wsopen(name.c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT, _SH_DENYNO);
  if (descriptor < 0 && errno == EACCES) {
    const DWORD attributes = GetFileAttributesW(name.c_str());
    if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY) errno = EISDIR;
  }
  return descriptor;
}

bool has_crc32c() {
#if defined(__x86_64__)
  return true;  // as base/cpu.h requires
#else
  return false;
#endif
}

void close_descriptor(int descriptor) { _close(descriptor); }

void expect_random_reads(int) {}

int64_t read_at(int descriptor, void* data, size_t count, int64_t offset) {
  OVERLAPPED position = {};  // the handle is a synchronous one: this is only where to read
  position.Offset = static_cast<DWORD>(offset);
  position.OffsetHigh = static_cast<DWORD>(offset >> 32);
  DWORD got = 0;
  const auto wanted = static_cast<DWORD>(std::min<size_t>(count, size_t{1} << 30));
  if (ReadFile(handle_of(descriptor), data, wanted, &got, &position)) return got;
  if (GetLastError() == ERROR_HANDLE_EOF) return 0;
  errno = EIO;
  return -1;
}

int open_for_writing(const std::string& path) {
  return _wsopen(wide(path).c_str(), _O_RDWR | _O_CREAT | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, _S_IREAD | _S_IWRITE);
}

int64_t write_at(int descriptor, const void* data, size_t count, int64_t offset) {
  OVERLAPPED position = {};
  position.Offset = static_cast<DWORD>(offset);
  position.OffsetHigh = static_cast<DWORD>(offset >> 32);
  DWORD written = 0;
  const auto wanted = static_cast<DWORD>(std::min<size_t>(count, size_t{1} << 30));
  if (WriteFile(handle_of(descriptor), data, wanted, &written, &position)) return written;
  errno = GetLastError() == ERROR_DISK_FULL ? ENOSPC : EIO;
  return -1;
}

bool resize_file(int descriptor, int64_t size) { return _chsize_s(descriptor, size) == 0; }

bool try_lock(int descriptor) {
  OVERLAPPED position = {};
  position.OffsetHigh = 1u << 30;  // beyond what is read and written, which a lock would prevent
  return LockFileEx(handle_of(descriptor), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &position);
}

void unlock(int descriptor) {
  OVERLAPPED position = {};
  position.OffsetHigh = 1u << 30;
  UnlockFileEx(handle_of(descriptor), 0, 1, 0, &position);
}

}  // namespace fastseq::platform
#endif
