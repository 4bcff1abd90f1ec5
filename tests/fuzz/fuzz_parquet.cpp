// Reads the bytes as a column of a Parquet file: no crash, no hang, no value outside the file.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_parquet.cpp csrc/io/parquet_*.cpp csrc/io/snappy.cpp csrc/io/thrift_struct.cpp
//   csrc/io/file.cpp csrc/io/file_window.cpp csrc/base/platform_posix.cpp
// The seeds are those of make_seeds.py, in the folder "columns".
#include <algorithm>

#include "io/parquet_reader.h"
#include "memory_file.h"

// The first byte is the definition level of a value that is there, the second the number of rows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 2;
  if (size < kHead) return 0;
  const auto bytes = static_cast<int64_t>(size);
  fastseq::ParquetReader reader(file_of(data, size));
  fastseq::ParquetValues found;
  std::string reason;
  const int64_t rows = static_cast<int8_t>(data[1]);
  auto status = reader.start({kHead, bytes - int64_t{kHead}, rows, data[0] % 4});
  expect((status == fastseq::Status::kOk) == (rows >= 0), "a chunk within the file");
  bool done = false;
  for (size_t pages = 0; !done && status == fastseq::Status::kOk; ++pages) {
    status = reader.read(1, &found, &done, &reason);
    expect(pages <= size, "it does not end");
  }
  expect(found.offsets.size() == found.lengths.size(), "offsets and lengths differ");
  expect(static_cast<int64_t>(found.offsets.size()) <= std::max<int64_t>(rows, 0), "too many rows");
  expect(status != fastseq::Status::kOk || static_cast<int64_t>(found.offsets.size()) == rows, "too few rows");
  int64_t last = kHead;
  for (size_t i = 0; i < found.offsets.size(); ++i) {
    expect(found.offsets[i] >= last, "values overlap");
    last = found.offsets[i] + (found.lengths[i] < 0 ? 0 : found.lengths[i]);
  }
  expect(last <= bytes, "a value past the end");
  return 0;
}
