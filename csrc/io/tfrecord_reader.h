// Where the images in a file of TFRecords are, found without reading them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_window.h"
#include "io/proto_fields.h"
#include "io/tf_example.h"

namespace fastseq {

// What was found in a record. Values that are not there have the kind kNone and no values.
struct TfRecord {
  int64_t offset;  // of the record in the file
  int64_t end;     // of its data; the checksum is next
  int64_t image_kind, image_count, image_offset, image_length;
  int64_t image_crc32c;  // as the record's checksum has it, without reading the image; of a single one
  int64_t label_kind, label_count, label_value;  // of text, its size
  int64_t text_end;                              // in TfRecords::texts
};

struct TfRecords {
  std::string texts;  // the labels that are text, one after the other
  std::vector<TfRecord> records;
};

// Memory is bounded by the longest name, 64 KiB, and by what is added to the records.
class TfRecordReader {
 public:
  // `image` and `label` are the names of features.
  TfRecordReader(std::shared_ptr<const OpenFile> file, std::string image, std::string label);

  // Adds up to `max_records`; *done where the file has none left. What follows on a failure is not read: kTruncated
  // where the file ends within a record; kCorrupt where no record begins, or where there is no Example in it, with the
  // place in *reason. Throws std::bad_alloc.
  Status read(size_t max_records, TfRecords* records, bool* done, std::string* reason);
  // The names of the features of the record to be read next, and their kinds; none at the end of the file.
  Status peek(std::vector<std::string>* names, std::vector<int32_t>* kinds, std::string* reason);

 private:
  // The data of the record at position_; *done if the file ends there.
  Status find_record(Span* data, bool* done, std::string* reason);
  Status read_record(Span data, TfRecords* records, std::string* reason);
  // Continues a CRC-32C over [begin, end) of the file.
  Status read_crc32c(int64_t begin, int64_t end, uint32_t* crc, std::string* reason);
  // That of the image alone, which follows from those of the record and of what is around the image in it.
  Status find_image_crc32c(Span data, uint32_t before, TfRecord* record, std::string* reason);
  Status read_label(const Feature& feature, TfRecord* record, std::string* texts, std::string* reason);
  Status fail(Status status, const std::string& what, std::string* reason) const;

  const std::string image_, label_;
  FileWindow window_;
  int64_t position_ = 0;  // of the next record
};

}  // namespace fastseq
