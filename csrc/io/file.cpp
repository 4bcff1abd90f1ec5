#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <new>
#include <system_error>

namespace fastseq {
namespace {

Status status_of_errno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Status::kNotFound;
    case EACCES:
    case EPERM:
      return Status::kPermissionDenied;
    case EISDIR:
    case ENXIO:
      return Status::kNotAFile;
    case ENOMEM:
      return Status::kOutOfMemory;
    default:
      return Status::kReadError;
  }
}

// What went wrong in the system's words, where the status alone does not tell.
Status failure(int error, std::string* reason) {
  const Status status = status_of_errno(error);
  try {
    if (status == Status::kReadError) *reason = std::generic_category().message(error);
  } catch (const std::bad_alloc&) {  // the status stands without words
  }
  return status;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_retrying(const char* path) {
  int fd;
  do {
    fd = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);  // O_NONBLOCK: a FIFO must not block
  } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace

Status read_file(const std::string& path, int64_t max_bytes, Buffer* bytes, size_t* size, std::string* reason) {
  *size = 0;
  if (path.find('\0') != std::string::npos) return Status::kNotFound;  // open() would see the part before it
  const Descriptor file(open_retrying(path.c_str()));
  if (file.get() < 0) return failure(errno, reason);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return failure(errno, reason);
  if (!S_ISREG(info.st_mode)) return Status::kNotAFile;
  if (info.st_size > max_bytes) return Status::kFileTooLarge;
  if (info.st_size == 0) return Status::kEmpty;
  const size_t wanted = static_cast<size_t>(info.st_size);
  uint8_t* data = bytes->reserve(wanted);
  size_t have = 0;
  while (have < wanted) {
    const ssize_t got = ::pread(file.get(), data + have, wanted - have, static_cast<off_t>(have));
    if (got < 0) {
      if (errno == EINTR) continue;
      return failure(errno, reason);
    }
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  *size = have;
  return have == 0 ? Status::kEmpty : Status::kOk;
}

}  // namespace fastseq
