#include "io/zip_reader.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/little_endian.h"

namespace fastseq {
namespace {

constexpr size_t kWindow = 64 << 10;
constexpr size_t kEndRecord = 22, kZip64Locator = 20, kZip64EndRecord = 56, kEntry = 46, kLocalHeader = 30;
constexpr size_t kMaxComment = 0xFFFF;
constexpr uint32_t kInZip64 = 0xFFFFFFFF;  // for numbers that 32 bits do not hold
constexpr uint16_t kZip64Field = 1, kUnicodePathField = 0x7075;
constexpr int64_t kNameIsUtf8 = 1 << 11;  // a flag

// The number of a disk is beyond 16 bits where a zip64 record has it.
bool is_first_disk(uint16_t disk) { return disk == 0 || disk == 0xFFFF; }

bool starts_with(const uint8_t* data, const char* signature) { return std::memcmp(data, signature, 4) == 0; }

Status corrupt(std::string* reason, const char* words) {
  *reason = words;
  return Status::kCorrupt;
}

// The contents of an entry's extra field with an id; null if there is none, or if the fields are damaged.
const uint8_t* find_extra(const uint8_t* fields, size_t size, uint16_t id, size_t* length) {
  while (size >= 4) {
    const uint16_t found = little_endian_16(fields);
    *length = little_endian_16(fields + 2);
    fields += 4;
    size -= 4;
    if (*length > size) return nullptr;
    if (found == id) return fields;
    fields += *length;
    size -= *length;
  }
  return nullptr;
}

// Replaces the numbers of an entry that are in its zip64 field. False where one is missing or beyond 2**63.
bool read_zip64_field(const uint8_t* fields, size_t size, const std::vector<int64_t*>& numbers) {
  size_t length;
  const uint8_t* field = find_extra(fields, size, kZip64Field, &length);
  if (!field || length < 8 * numbers.size()) return false;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const uint64_t value = little_endian_64(field + 8 * i);
    if (value > INT64_MAX) return false;
    *numbers[i] = static_cast<int64_t>(value);
  }
  return true;
}

// Appends the name of an entry: in UTF-8, as its flags say then, where the entry has it so in a field besides.
void append_name(const uint8_t* name, size_t size, size_t extra, std::string* names, ZipMember* member) {
  size_t length;
  const uint8_t* field = find_extra(name + size, extra, kUnicodePathField, &length);
  if (field && length > 5 && field[0] == 1 && little_endian_32(field + 1) == libdeflate_crc32(0, name, size)) {
    names->append(reinterpret_cast<const char*>(field + 5), length - 5);
    member->flags |= kNameIsUtf8;
  } else {
    names->append(reinterpret_cast<const char*>(name), size);
  }
}

}  // namespace

ZipReader::ZipReader(std::shared_ptr<const OpenFile> file)
    : window_(file, kWindow), header_window_(std::move(file), kLocalHeader) {}

Status ZipReader::find_directory(std::string* reason) {
  const int64_t file_size = window_.file().size();
  const int64_t tail_offset = std::max<int64_t>(0, file_size - int64_t{kEndRecord + kMaxComment});
  const uint8_t* tail;
  size_t size;
  Status status = window_.view(tail_offset, static_cast<size_t>(file_size - tail_offset), &tail, &size, reason);
  if (status != Status::kOk) return status;
  if (!find_end_record(tail, size, tail_offset)) return corrupt(reason, "it does not end as zip archives do");
  const uint8_t* end_record = tail + (end_record_ - tail_offset);
  if (!is_first_disk(little_endian_16(end_record + 4)) || !is_first_disk(little_endian_16(end_record + 6))) {
    *reason = "it is split into several files";
    return Status::kUnsupportedFormat;
  }
  announced_ = little_endian_16(end_record + 10);
  directory_size_ = little_endian_32(end_record + 12);
  directory_offset_ = little_endian_32(end_record + 16);
  status = read_zip64_end_record(reason);
  if (status != Status::kOk) return status;
  prefix_ = end_record_ - directory_size_ - directory_offset_;
  if (prefix_ < 0) return corrupt(reason, "its central directory is not where it says");
  position_ = end_record_ - directory_size_;
  return Status::kOk;
}

// The last one whose comment ends with the file, as a comment may hold anything.
bool ZipReader::find_end_record(const uint8_t* tail, size_t size, int64_t tail_offset) {
  for (size_t at = size < kEndRecord ? 0 : size - kEndRecord + 1; at-- > 0;) {
    if (starts_with(tail + at, "PK\5\6") && little_endian_16(tail + at + 20) == size - at - kEndRecord) {
      end_record_ = tail_offset + static_cast<int64_t>(at);
      return true;
    }
  }
  return false;
}

Status ZipReader::read_zip64_end_record(std::string* reason) {
  const uint8_t* data;
  size_t available;
  const int64_t locator = end_record_ - int64_t{kZip64Locator};
  if (locator < 0) return Status::kOk;
  Status status = window_.view(locator, kZip64Locator, &data, &available, reason);
  if (status != Status::kOk || available < kZip64Locator || !starts_with(data, "PK\6\7")) return status;
  // Just before its locator, as all programs write it; where the locator says does not count what precedes the archive.
  const int64_t record = locator - int64_t{kZip64EndRecord};
  if (record < 0) return corrupt(reason, "its end is damaged");
  status = window_.view(record, kZip64EndRecord, &data, &available, reason);
  if (status != Status::kOk) return status;
  const uint64_t size = little_endian_64(data + 40), offset = little_endian_64(data + 48);
  if (available < kZip64EndRecord || !starts_with(data, "PK\6\6") || size > INT64_MAX / 2 || offset > INT64_MAX / 2) {
    return corrupt(reason, "its end is damaged");
  }
  has_zip64_ = true;
  announced_ = little_endian_64(data + 32);
  end_record_ = record;
  directory_size_ = static_cast<int64_t>(size);
  directory_offset_ = static_cast<int64_t>(offset);
  return Status::kOk;
}

Status ZipReader::read(size_t max_members, ZipMembers* members, bool* done, std::string* reason) {
  for (size_t count = 0; count < max_members; ++count) {
    *done = position_ >= end_record_;
    if (*done) {
      // Some programs write the last 16 bits of a larger number, without a zip64 record.
      const bool all = has_zip64_ ? read_ == announced_ : (read_ & 0xFFFF) == announced_;
      return all ? Status::kOk : corrupt(reason, "its central directory does not have as many files as it says");
    }
    const uint8_t* entry;
    size_t available;
    Status status = window_.view(position_, kEntry, &entry, &available, reason);
    if (status != Status::kOk) return status;
    if (available < kEntry || !starts_with(entry, "PK\1\2")) return corrupt(reason, "its central directory is damaged");
    const size_t name = little_endian_16(entry + 28), extra = little_endian_16(entry + 30);
    const size_t size = kEntry + name + extra + little_endian_16(entry + 32);
    if (!is_first_disk(little_endian_16(entry + 34))) {
      *reason = "it is split into several files";
      return Status::kUnsupportedFormat;
    }
    status = window_.view(position_, size, &entry, &available, reason);
    if (status != Status::kOk) return status;
    ZipMember member = {};
    member.system = entry[5];
    member.flags = little_endian_16(entry + 8);
    member.method = little_endian_16(entry + 10);
    member.crc32 = little_endian_32(entry + 16);
    member.compressed_size = little_endian_32(entry + 20);
    member.size = little_endian_32(entry + 24);
    member.attributes = little_endian_32(entry + 38);
    member.header_offset = little_endian_32(entry + 42);
    std::vector<int64_t*> in_zip64;
    for (int64_t* number : {&member.size, &member.compressed_size, &member.header_offset}) {
      if (*number == int64_t{kInZip64}) in_zip64.push_back(number);
    }
    if (available < size || int64_t(size) > end_record_ - position_ ||
        (!in_zip64.empty() && !read_zip64_field(entry + kEntry + name, extra, in_zip64)) ||
        member.header_offset > INT64_MAX - prefix_) {
      return corrupt(reason, "its central directory is damaged");
    }
    member.header_offset += prefix_;
    append_name(entry + kEntry, name, extra, &members->names, &member);
    member.name_end = static_cast<int64_t>(members->names.size());
    members->members.push_back(member);
    ++read_;
    position_ += static_cast<int64_t>(size);
  }
  return Status::kOk;
}

Status ZipReader::find_contents(int64_t header_offset, int64_t compressed_size, int64_t* offset, std::string* reason) {
  const int64_t directory = end_record_ - directory_size_;
  if (header_offset >= 0 && header_offset <= directory - int64_t{kLocalHeader}) {
    const uint8_t* header;
    size_t available;
    const Status status = header_window_.view(header_offset, kLocalHeader, &header, &available, reason);
    if (status != Status::kOk) return status;
    if (available == kLocalHeader && starts_with(header, "PK\3\4")) {
      *offset = header_offset + int64_t{kLocalHeader} + little_endian_16(header + 26) + little_endian_16(header + 28);
      if (compressed_size >= 0 && compressed_size <= directory - *offset) return Status::kOk;
    }
  }
  return corrupt(reason, "a file in it is not where its central directory says");
}

}  // namespace fastseq
