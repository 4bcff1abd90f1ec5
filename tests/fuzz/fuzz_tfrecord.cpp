// Reads the bytes as a file of TFRecords: no crash, no hang, no image outside its record.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_tfrecord.cpp csrc/io/tfrecord_reader.cpp csrc/io/tf_example.cpp csrc/io/proto_fields.cpp
//   csrc/io/crc32c.cpp csrc/io/file.cpp csrc/io/file_window.cpp csrc/base/platform_posix.cpp
// The seeds are those of make_seeds.py, in the folder "tfrecords".
#include <cstring>

#include "io/crc32c.h"
#include "io/packing.h"
#include "io/tfrecord_reader.h"
#include "memory_file.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Without right checksums of the lengths, nothing but the first check would be tried.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  constexpr size_t kHeader = 12, kFooter = 4;
  size = LLVMFuzzerMutate(data, size, max_size);
  for (size_t begin = 0; begin + kHeader <= size;) {
    const uint32_t checksum = fastseq::mask_crc32c(fastseq::crc32c(data + begin, 8));
    std::memcpy(data + begin + 8, &checksum, sizeof(checksum));
    uint64_t length;
    std::memcpy(&length, data + begin, sizeof(length));
    if (length > size) break;
    begin += kHeader + length + kFooter;
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fastseq::TfRecordReader reader(file_of(data, size), "image", "label");
  fastseq::TfRecords found;
  std::vector<std::string> names;
  std::vector<int32_t> kinds;
  std::string reason;
  bool done = false;
  auto status = reader.peek(&names, &kinds, &reason);
  expect(names.size() == kinds.size(), "names and kinds differ");
  for (size_t records = 0; !done && status == fastseq::Status::kOk; ++records) {
    status = reader.read(1, &found, &done, &reason);
    expect(records <= size, "it does not end");
  }
  int64_t text_begin = 0;
  for (const fastseq::TfRecord& record : found.records) {
    expect(record.end <= static_cast<int64_t>(size) - 4, "a record past the end");
    expect(record.image_offset >= 0 && record.image_length >= 0, "an image before the file");
    expect(record.image_length == 0 || record.image_offset > record.offset, "an image before its record");
    expect(record.image_offset + record.image_length <= record.end, "an image past its record");
    expect(record.image_crc32c >= 0 && record.image_crc32c < fastseq::kCrc32c, "no CRC");
    expect(record.text_end >= text_begin, "texts overlap");
    text_begin = record.text_end;
  }
  expect(text_begin <= static_cast<int64_t>(found.texts.size()), "texts past the end");
  return 0;
}
