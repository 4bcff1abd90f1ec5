#include "io/source_reader.h"

#include "io/file.h"
#include "io/packing.h"

namespace fastseq {

Status SourceReader::read(const Source& source, const std::string& path, int64_t max_bytes, ReadBuffers buffers,
                          size_t* size, std::string* reason) {
  if (source.kind == Source::Kind::kFile) return read_file(path, max_bytes, buffers.image, size, reason);
  const Packing packing = source.packing;
  const FileVersion version = source.version;
  const int64_t offset = source.offset, length = source.length;
  const bool inflates = packing.inflated_size >= 0;
  *size = 0;
  if (packing.inflated_size > max_bytes) return Status::kFileTooLarge;
  if (packing.inflated_size == 0) return Status::kEmpty;
  std::shared_ptr<const OpenFile> file;
  Status status = open(path, &file, reason);
  if (status != Status::kOk) return status;
  const FileVersion now = file->version();
  if (version.size >= 0 && (version.size != now.size || version.modified_ns != now.modified_ns))
    return Status::kChanged;
  Buffer* const bytes = inflates ? buffers.compressed : buffers.image;
  status = read_range(*file, offset, length, max_bytes, bytes, size, reason);
  if (status == Status::kOk && inflates) {
    const size_t compressed_size = *size;
    *size = static_cast<size_t>(packing.inflated_size);
    status = inflate_raw(bytes->data(), compressed_size, *size, buffers.image->reserve(*size), reason);
  }
  if (status != Status::kOk || packing.crc32 < 0) return status;
  return check_crc32(buffers.image->data(), *size, static_cast<uint32_t>(packing.crc32), reason);
}

Status SourceReader::open(const std::string& path, std::shared_ptr<const OpenFile>* file, std::string* reason) {
  bool check;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    check = checked_files_.count(path) == 0;
  }
  const Status status = files_->open(path, check, file, reason);
  if (status == Status::kOk && check) {
    const std::lock_guard<std::mutex> lock(mutex_);
    checked_files_.insert(path);
  }
  return status;
}

}  // namespace fastseq
