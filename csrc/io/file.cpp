#include "io/file.h"

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

// The system's words where the status alone does not say what is wrong.
Status failure(int error, std::string* reason) {
  const Status status = status_of_errno(error);
  try {
    if (status == Status::kReadError) *reason = std::generic_category().message(error);
  } catch (const std::bad_alloc&) {  // the status stands without words
  }
  return status;
}

}  // namespace

OpenFile::~OpenFile() { platform::close_descriptor(descriptor_); }

FileVersion OpenFile::version() const { return {info_.size, info_.modified_s * 1'000'000'000 + info_.modified_ns}; }

bool OpenFile::is_current(const std::string& path) const {
  platform::FileInfo now;
  return platform::get_file_info(path, &now) && now.size == info_.size && now.device == info_.device &&
         now.inode == info_.inode && now.modified_s == info_.modified_s && now.modified_ns == info_.modified_ns;
}

Status OpenFile::read(int64_t offset, size_t count, Buffer* bytes, size_t* size, std::string* reason) const {
  *size = 0;
  uint8_t* data = bytes->reserve(count);
  while (*size < count) {
    const int64_t at = offset + static_cast<int64_t>(*size);
    const int64_t got = platform::read_at(descriptor_, data + *size, count - *size, at);
    if (got < 0) return failure(errno, reason);
    if (got == 0) break;
    *size += static_cast<size_t>(got);
  }
  return Status::kOk;
}

Status open_file(const std::string& path, std::shared_ptr<const OpenFile>* file, std::string* reason) {
  if (path.find('\0') != std::string::npos) return Status::kNotFound;  // open() would see the part before it
  const int descriptor = platform::open_for_reading(path);
  if (descriptor < 0) return failure(errno, reason);
  std::unique_ptr<OpenFile> opened;
  try {
    opened = std::make_unique<OpenFile>(descriptor);
  } catch (const std::bad_alloc&) {
    platform::close_descriptor(descriptor);
    throw;
  }
  if (!platform::get_file_info(descriptor, &opened->info_)) return failure(errno, reason);
  if (!opened->info_.is_regular) return Status::kNotAFile;
  *file = std::move(opened);
  return Status::kOk;
}

Status read_file(const std::string& path, int64_t max_bytes, Buffer* bytes, size_t* size, std::string* reason) {
  *size = 0;
  std::shared_ptr<const OpenFile> file;
  Status status = open_file(path, &file, reason);
  if (status != Status::kOk) return status;
  if (file->size() > max_bytes) return Status::kFileTooLarge;
  status = file->read(0, static_cast<size_t>(file->size()), bytes, size, reason);
  return status == Status::kOk && *size == 0 ? Status::kEmpty : status;
}

Status read_range(const OpenFile& file, int64_t offset, int64_t length, int64_t max_bytes, Buffer* bytes, size_t* size,
                  std::string* reason) {
  *size = 0;
  if (length > max_bytes) return Status::kFileTooLarge;
  if (length == 0) return Status::kEmpty;
  int64_t available = file.size();
  if (offset <= available - length) {
    const Status status = file.read(offset, static_cast<size_t>(length), bytes, size, reason);
    if (status != Status::kOk || static_cast<int64_t>(*size) == length) return status;
    available = offset + static_cast<int64_t>(*size);  // the file has shrunk
  }
  *reason = "bytes " + std::to_string(offset) + " to " + std::to_string(offset + length) + " of a file of " +
            std::to_string(available);
  return Status::kTruncated;
}

}  // namespace fastseq
