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
  *size = 0;
  std::shared_ptr<const OpenFile> file;
  Status status = open(path, &file, reason);
  if (status != Status::kOk) return status;
  const FileVersion now = file->version();
  if (version.size >= 0 && (version.size != now.size || version.modified_ns != now.modified_ns))
    return Status::kChanged;
  Buffer* const bytes = packing.inflated_size >= 0 ? buffers.compressed : buffers.image;
  status = read_range(*file, offset, length, max_bytes, bytes, size, reason);
  if (status != Status::kOk) return status;
  const uint8_t* image;
  return unpack(packing, bytes->data(), *size, max_bytes, buffers.image, &image, size, reason);
}

Status SourceReader::read_any(const Source& source, int64_t max_bytes, ReadBuffers buffers, const uint8_t** data,
                              size_t* size, std::string* reason) {
  if (source.kind == Source::Kind::kFailed) {
    reason->assign(source.data, source.size);
    return source.failure;
  }
  if (source.kind == Source::Kind::kBytes) {
    return unpack(source.packing, reinterpret_cast<const uint8_t*>(source.data), source.size, max_bytes, buffers.image,
                  data, size, reason);
  }
  std::string path;
  source.write_path(&path);
  const Status status = read(source, path, max_bytes, buffers, size, reason);
  *data = buffers.image->data();
  return status;
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
