#include "io/proto_fields.h"

#include <algorithm>

#include "base/little_endian.h"

namespace fastseq {
namespace {

constexpr int64_t kMaxVarint = 10;

// Returns how many bytes the number has; 0 if it does not end within `size` bytes.
int parse_varint(const uint8_t* data, size_t size, uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < size && i < size_t{kMaxVarint}; ++i) {
    *value |= static_cast<uint64_t>(data[i] & 0x7F) << 7 * i;
    if (data[i] < 0x80) return static_cast<int>(i) + 1;
  }
  return 0;
}

}  // namespace

Status not_an_example(std::string* reason) {
  *reason = "not a tf.train.Example";
  return Status::kCorrupt;
}

Status ProtoFields::next_varint(uint64_t* value, std::string* reason) {
  const uint8_t* data;
  size_t available;
  const auto wanted = static_cast<size_t>(std::min(kMaxVarint, message_.size()));
  const Status status = window_->view(message_.begin, wanted, &data, &available, reason);
  if (status != Status::kOk) return status;
  const int size = parse_varint(data, available, value);
  message_.begin += size;
  return size > 0 ? Status::kOk : not_an_example(reason);
}

Status ProtoFields::next(ProtoField* field, std::string* reason) {
  uint64_t tag;
  Status status = next_varint(&tag, reason);
  if (status != Status::kOk) return status;
  field->number = tag >> 3;
  field->type = static_cast<WireType>(tag & 7);
  if (field->type == WireType::kVarint) return next_varint(&field->value, reason);
  if (field->type == WireType::kBytes) {
    uint64_t size;
    status = next_varint(&size, reason);
    if (status != Status::kOk) return status;
    if (size > static_cast<uint64_t>(message_.size())) return not_an_example(reason);
    field->bytes = {message_.begin, message_.begin + static_cast<int64_t>(size)};
    message_.begin = field->bytes.end;
    return Status::kOk;
  }
  if (field->type != WireType::kFixed32 && field->type != WireType::kFixed64) return not_an_example(reason);
  const size_t size = field->type == WireType::kFixed32 ? 4 : 8;
  const uint8_t* data;
  size_t available;
  if (message_.size() < static_cast<int64_t>(size)) return not_an_example(reason);
  status = window_->view(message_.begin, size, &data, &available, reason);
  if (status != Status::kOk) return status;
  if (available < size) return not_an_example(reason);
  field->value = size == 4 ? little_endian_32(data) : little_endian_64(data);
  message_.begin += static_cast<int64_t>(size);
  return Status::kOk;
}

}  // namespace fastseq
