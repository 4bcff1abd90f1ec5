#include "io/tar_reader.h"

#include <algorithm>

namespace fastseq {
namespace {

constexpr size_t kWindow = 8 * kTarBlock;  // a header, a small file such as a label, and the next header
constexpr int64_t kMaxExtension = 1 << 20;
constexpr size_t kMaxName = 1 << 16;
constexpr int kEndBlocks = 2;
constexpr int kMaxZeroBlocks = 2048;

int64_t padded(int64_t size) { return (size + int64_t{kTarBlock} - 1) / int64_t{kTarBlock} * int64_t{kTarBlock}; }

}  // namespace

void TarMembers::add(const std::string& name, int64_t offset, int64_t length) {
  names += name;
  name_ends.push_back(static_cast<int64_t>(names.size()));
  offsets.push_back(offset);
  lengths.push_back(length);
}

TarReader::TarReader(std::shared_ptr<const OpenFile> file) : window_(std::move(file), kWindow) {}

Status TarReader::read(size_t max_headers, TarMembers* members, bool* done, std::string* reason) {
  *done = false;
  for (size_t headers = 0; headers < max_headers; ++headers) {
    const uint8_t* block;
    size_t available;
    Status status = window_.view(position_, kTarBlock, &block, &available, reason);
    if (status != Status::kOk) return status;
    // Archives without blocks of zeros at their end, and those with many or with more files after them, occur.
    *done = available == 0 || zero_blocks_ == kMaxZeroBlocks;
    if (*done) return Status::kOk;
    if (available < kTarBlock) return fail(Status::kTruncated, "ends in a header", reason);
    if (is_zero_block(block)) {
      ++zero_blocks_;
      position_ += kTarBlock;
      continue;
    }
    TarHeader header;
    if (!parse_tar_header(block, &header)) {
      *done = has_trailing_data_ = zero_blocks_ >= kEndBlocks;
      return *done ? Status::kOk : fail(Status::kCorrupt, "no header of a tar archive", reason);
    }
    zero_blocks_ = 0;
    const bool is_extension = header.type == 'x' || header.type == 'L';
    status = is_extension ? read_extension(header, reason) : add_file(std::move(header), members, reason);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status TarReader::read_extension(const TarHeader& header, std::string* reason) {
  const uint8_t* data;
  size_t available;
  if (header.size > kMaxExtension) return fail(Status::kCorrupt, "a header of more than 1 MiB", reason);
  const auto size = static_cast<size_t>(header.size);
  const Status status = window_.view(position_ + int64_t{kTarBlock}, size, &data, &available, reason);
  if (status != Status::kOk) return status;
  if (available < size) return fail(Status::kTruncated, "ends in a header", reason);
  if (header.type == 'L') {
    extension_.has_name = true;
    extension_.name.assign(data, std::find(data, data + size, '\0'));
  } else if (!parse_pax_records(data, size, &extension_)) {
    return fail(Status::kCorrupt, "malformed pax records", reason);
  }
  position_ += int64_t{kTarBlock} + padded(header.size);
  return Status::kOk;
}

Status TarReader::add_file(TarHeader header, TarMembers* members, std::string* reason) {
  const bool says_nothing_here = header.type == 'g' || header.type == 'K';  // of all files, and of a link's target
  if (!says_nothing_here) {
    if (extension_.has_size) header.size = extension_.size;
    if (extension_.has_name) header.name = std::move(extension_.name);
    const bool is_sparse = extension_.is_sparse || header.type == 'S';
    extension_ = {};
    if (is_sparse) return fail(Status::kUnsupportedFormat, "a file in pieces, as tar --sparse makes", reason);
  }
  if (header.is_empty()) header.size = 0;
  if (header.is_link()) ++links_;
  if (header.name.size() > kMaxName) return fail(Status::kCorrupt, "a name of more than 64 KiB", reason);
  const int64_t contents = position_ + int64_t{kTarBlock};
  if (header.is_file()) members->add(header.name, contents, header.size);
  if (header.size > window_.file().size() - contents) return fail(Status::kTruncated, "ends in " + header.name, reason);
  position_ = contents + padded(header.size);
  return Status::kOk;
}

Status TarReader::fail(Status status, const std::string& what, std::string* reason) const {
  *reason = "at byte " + std::to_string(position_) + ": " + what;
  return status;
}

}  // namespace fastseq
