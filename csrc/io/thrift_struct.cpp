#include "io/thrift_struct.h"

namespace fastseq {
namespace {

constexpr int kMaxDepth = 8;  // of structs and lists in each other; a page header has three

}  // namespace

bool ThriftReader::next(int64_t previous, ThriftField* field) {
  uint8_t head;
  if (!read_byte(&head)) return false;
  *field = {};
  if (head == 0) return true;
  field->type = static_cast<ThriftType>(head & 0x0F);
  if (head >> 4 != 0) {
    field->id = previous + (head >> 4);
  } else if (!read_int(&field->id)) {
    return false;
  }
  return field->id > previous && field->id <= INT16_MAX;
}

bool ThriftReader::read_int(int64_t* value) {
  uint64_t zigzag;
  if (!read_varint(&zigzag)) return false;
  *value = static_cast<int64_t>(zigzag >> 1 ^ (~(zigzag & 1) + 1));
  return true;
}

bool ThriftReader::skip(ThriftType type, int depth) {
  if (depth > kMaxDepth) return false;
  uint64_t count;
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return true;
    case ThriftType::kByte:
      return advance(1);
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64:
      return read_varint(&count);
    case ThriftType::kDouble:
      return advance(8);
    case ThriftType::kBytes:
      return read_varint(&count) && advance(count);
    case ThriftType::kList:
      return skip_list(depth);
    case ThriftType::kStruct:
      for (ThriftField field = {};;) {
        if (!next(field.id, &field)) return false;
        if (field.id == 0) return true;
        if (!skip(field.type, depth + 1)) return false;
      }
  }
  return false;
}

bool ThriftReader::skip_list(int depth) {
  uint8_t head;
  if (!read_byte(&head)) return false;
  uint64_t count = head >> 4;
  if (count == 15 && !read_varint(&count)) return false;
  const auto type = static_cast<ThriftType>(head & 0x0F);
  if (type == ThriftType::kTrue || type == ThriftType::kFalse) return advance(count);  // in lists, a byte each
  for (uint64_t i = 0; i < count; ++i) {
    if (!skip(type, depth + 1)) return false;
  }
  return true;
}

bool ThriftReader::read_byte(uint8_t* byte) {
  if (!advance(1)) return false;
  *byte = data_[position_ - 1];
  return true;
}

bool ThriftReader::read_varint(uint64_t* value) {
  *value = 0;
  uint8_t byte;
  for (int shift = 0; shift < 64; shift += 7) {
    if (!read_byte(&byte)) return false;
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool ThriftReader::advance(uint64_t count) {
  if (count > size_ - position_) {
    is_cut_off_ = true;
    return false;
  }
  position_ += static_cast<size_t>(count);
  return true;
}

}  // namespace fastseq
