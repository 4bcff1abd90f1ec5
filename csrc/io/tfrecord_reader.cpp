#include "io/tfrecord_reader.h"

#include <algorithm>
#include <utility>

#include "base/little_endian.h"
#include "io/crc32c.h"

namespace fastseq {
namespace {

constexpr size_t kWindow = 4096;
constexpr size_t kHeader = 12;  // the data's length and its checksum
constexpr int64_t kFooter = 4;  // the data's checksum
constexpr int64_t kMaxText = 1 << 16;
constexpr int64_t kChunk = 1 << 16;       // bytes read at once where they are for a checksum alone
constexpr size_t kMaxFeatures = 1 << 16;  // whose names are looked at

}  // namespace

TfRecordReader::TfRecordReader(std::shared_ptr<const OpenFile> file, std::string image, std::string label)
    : image_(std::move(image)), label_(std::move(label)), window_(std::move(file), kWindow) {}

Status TfRecordReader::read(size_t max_records, TfRecords* records, bool* done, std::string* reason) {
  *done = false;
  for (size_t count = 0; count < max_records; ++count) {
    Span data;
    Status status = find_record(&data, done, reason);
    if (status != Status::kOk || *done) return status;
    const size_t text_end = records->texts.size();
    status = read_record(data, records, reason);
    if (status != Status::kOk) records->texts.resize(text_end);
    if (status == Status::kCorrupt) return fail(status, *reason, reason);
    if (status != Status::kOk) return status;
    position_ = data.end + kFooter;
  }
  return Status::kOk;
}

Status TfRecordReader::peek(std::vector<std::string>* names, std::vector<int32_t>* kinds, std::string* reason) {
  Span data;
  bool done;
  Status status = find_record(&data, &done, reason);
  if (done) return status;
  TfExample example(&window_, data);
  while (status == Status::kOk && names->size() < kMaxFeatures) {
    std::string name;
    Span place;
    Feature feature;
    status = example.next(&name, &place, &done, reason);
    if (status != Status::kOk || done) break;
    status = read_feature(&window_, place, &feature, reason);
    names->push_back(std::move(name));
    kinds->push_back(static_cast<int32_t>(feature.kind));
  }
  return status == Status::kCorrupt ? fail(status, *reason, reason) : status;
}

Status TfRecordReader::find_record(Span* data, bool* done, std::string* reason) {
  const uint8_t* header;
  size_t available;
  *done = true;
  const Status status = window_.view(position_, kHeader, &header, &available, reason);
  if (status != Status::kOk || available == 0) return status;
  if (available < kHeader) return fail(Status::kTruncated, "the file ends inside a record", reason);
  const uint64_t length = little_endian_64(header);
  if (mask_crc32c(crc32c(header, 8)) != little_endian_32(header + 8) || length > INT64_MAX / 2) {
    return fail(Status::kCorrupt, "no TFRecord, or a damaged one", reason);
  }
  data->begin = position_ + int64_t{kHeader};
  data->end = data->begin + static_cast<int64_t>(length);
  if (data->end > window_.file().size() - kFooter)
    return fail(Status::kTruncated, "the file ends inside a record", reason);
  *done = false;
  return Status::kOk;
}

Status TfRecordReader::read_record(Span data, TfRecords* records, std::string* reason) {
  TfRecord record = {};
  record.offset = position_;
  record.end = data.end;
  const size_t text_begin = records->texts.size();
  uint32_t before_image = 0;  // the CRC of the record up to there, which is gone through once
  int64_t covered = data.begin;
  TfExample example(&window_, data);
  for (;;) {
    std::string name;
    Span place;
    bool done;
    Status status = example.next(&name, &place, &done, reason);
    if (status != Status::kOk) return status;
    if (done) break;
    const bool is_image = name == image_;
    if (!is_image && name != label_) continue;
    Feature feature;
    status = read_feature(&window_, place, &feature, reason);
    if (!is_image) records->texts.resize(text_begin);  // the last feature of a name counts
    if (status == Status::kOk && !is_image) status = read_label(feature, &record, &records->texts, reason);
    if (status != Status::kOk) return status;
    if (is_image) {
      record.image_kind = static_cast<int64_t>(feature.kind);
      record.image_count = feature.count;
      record.image_offset = feature.bytes.begin;
      record.image_length = feature.bytes.size();
      if (feature.bytes.begin > covered) status = read_crc32c(covered, feature.bytes.begin, &before_image, reason);
      if (status != Status::kOk) return status;
      covered = std::max(covered, feature.bytes.begin);
    }
  }
  if (record.image_kind == static_cast<int64_t>(FeatureKind::kBytes) && record.image_count == 1) {
    const Status status = find_image_crc32c(data, before_image, &record, reason);
    if (status != Status::kOk) return status;
  }
  record.text_end = static_cast<int64_t>(records->texts.size());
  records->records.push_back(record);
  return Status::kOk;
}

Status TfRecordReader::read_crc32c(int64_t begin, int64_t end, uint32_t* crc, std::string* reason) {
  while (begin < end) {
    const int64_t size = std::min(end - begin, kChunk);
    const uint8_t* data;
    size_t available;
    const Status status = window_.view(begin, static_cast<size_t>(size), &data, &available, reason);
    if (status != Status::kOk) return status;
    if (static_cast<int64_t>(available) < size)
      return fail(Status::kTruncated, "the file ends inside a record", reason);
    *crc = shift_crc32c(*crc, size) ^ crc32c(data, available);
    begin += size;
  }
  return Status::kOk;
}

Status TfRecordReader::find_image_crc32c(Span data, uint32_t before, TfRecord* record, std::string* reason) {
  const int64_t image_end = record->image_offset + record->image_length;
  uint32_t after = 0;
  Status status = read_crc32c(image_end, data.end, &after, reason);
  if (status != Status::kOk) return status;
  const uint8_t* stored;
  size_t available;
  status = window_.view(data.end, size_t{kFooter}, &stored, &available, reason);
  if (status != Status::kOk) return status;
  if (available < size_t{kFooter}) return fail(Status::kTruncated, "the file ends inside a record", reason);
  const uint32_t whole = unmask_crc32c(little_endian_32(stored));
  const uint32_t to_image_end = shift_crc32c(whole ^ after, image_end - data.end);
  record->image_crc32c = shift_crc32c(before, record->image_length) ^ to_image_end;
  return Status::kOk;
}

Status TfRecordReader::read_label(const Feature& feature, TfRecord* record, std::string* texts, std::string* reason) {
  record->label_kind = static_cast<int64_t>(feature.kind);
  record->label_count = feature.count;
  record->label_value = static_cast<int64_t>(feature.value);
  if (feature.kind != FeatureKind::kBytes || feature.count == 0) return Status::kOk;
  const int64_t size = feature.bytes.size();
  record->label_value = size;
  if (size > kMaxText) return Status::kOk;  // which its value tells
  const uint8_t* data;
  size_t available;
  const Status status = window_.view(feature.bytes.begin, static_cast<size_t>(size), &data, &available, reason);
  if (status == Status::kOk) texts->append(reinterpret_cast<const char*>(data), available);
  return status;
}

Status TfRecordReader::fail(Status status, const std::string& what, std::string* reason) const {
  *reason = "at byte " + std::to_string(position_) + ": " + what;
  return status;
}

}  // namespace fastseq
