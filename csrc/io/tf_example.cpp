#include "io/tf_example.h"

#include "base/little_endian.h"

namespace fastseq {
namespace {

constexpr uint64_t kFeaturesOfExample = 1, kEntryOfFeatures = 1, kKeyOfEntry = 1, kValueOfEntry = 2;
constexpr uint64_t kValueOfList = 1;
constexpr int64_t kMaxName = 1 << 16;

bool is_message(const ProtoField& field, uint64_t number) {
  return field.type == WireType::kBytes && field.number == number;
}

void add_value(uint64_t value, Feature* feature) {
  if (feature->count++ == 0) feature->value = value;
}

// Numbers stand in a list one by one or, as is usual, packed.
Status read_packed(FileWindow* window, Span packed, Feature* feature, std::string* reason) {
  if (feature->kind == FeatureKind::kFloat) {
    if (packed.size() % 4 != 0) return not_an_example(reason);
    if (feature->count == 0 && packed.size() > 0) {
      const uint8_t* data;
      size_t available;
      const Status status = window->view(packed.begin, 4, &data, &available, reason);
      if (status != Status::kOk) return status;
      feature->value = available < 4 ? 0 : little_endian_32(data);
    }
    feature->count += packed.size() / 4;
    return Status::kOk;
  }
  for (ProtoFields numbers(window, packed); !numbers.done();) {
    uint64_t value;
    const Status status = numbers.next_varint(&value, reason);
    if (status != Status::kOk) return status;
    add_value(value, feature);
  }
  return Status::kOk;
}

Status read_list(FileWindow* window, Span list, Feature* feature, std::string* reason) {
  for (ProtoFields values(window, list); !values.done();) {
    ProtoField field;
    Status status = values.next(&field, reason);
    if (status != Status::kOk) return status;
    if (field.number != kValueOfList) continue;
    if (feature->kind == FeatureKind::kBytes && field.type != WireType::kBytes) return not_an_example(reason);
    if (field.type != WireType::kBytes) {
      add_value(field.value, feature);
    } else if (feature->kind != FeatureKind::kBytes) {
      status = read_packed(window, field.bytes, feature, reason);
      if (status != Status::kOk) return status;
    } else if (feature->count++ == 0) {
      feature->bytes = field.bytes;
    }
  }
  return Status::kOk;
}

}  // namespace

Status read_feature(FileWindow* window, Span place, Feature* feature, std::string* reason) {
  *feature = {};
  for (ProtoFields lists(window, place); !lists.done();) {
    ProtoField field;
    Status status = lists.next(&field, reason);
    if (status != Status::kOk) return status;
    if (field.type != WireType::kBytes || field.number < 1 || field.number > 3) continue;
    *feature = {};  // the last list counts
    feature->kind = static_cast<FeatureKind>(field.number);
    status = read_list(window, field.bytes, feature, reason);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status TfExample::next(std::string* name, Span* feature, bool* done, std::string* reason) {
  for (;;) {
    while (!features_.done()) {
      ProtoField field;
      const Status status = features_.next(&field, reason);
      if (status != Status::kOk) return status;
      if (is_message(field, kEntryOfFeatures)) {
        *done = false;
        return read_entry(field.bytes, name, feature, reason);
      }
    }
    *done = fields_.done();
    if (*done) return Status::kOk;
    ProtoField field;
    const Status status = fields_.next(&field, reason);
    if (status != Status::kOk) return status;
    if (is_message(field, kFeaturesOfExample)) features_ = ProtoFields(window_, field.bytes);
  }
}

Status TfExample::read_entry(Span entry, std::string* name, Span* feature, std::string* reason) {
  Span key;
  *feature = {};
  for (ProtoFields fields(window_, entry); !fields.done();) {
    ProtoField field;
    const Status status = fields.next(&field, reason);
    if (status != Status::kOk) return status;
    if (is_message(field, kKeyOfEntry)) key = field.bytes;
    if (is_message(field, kValueOfEntry)) *feature = field.bytes;
  }
  const uint8_t* data;
  size_t available;
  if (key.size() > kMaxName) {
    *reason = "a name of more than 64 KiB";
    return Status::kCorrupt;
  }
  const Status status = window_->view(key.begin, static_cast<size_t>(key.size()), &data, &available, reason);
  if (status == Status::kOk) name->assign(reinterpret_cast<const char*>(data), available);
  return status;
}

}  // namespace fastseq
