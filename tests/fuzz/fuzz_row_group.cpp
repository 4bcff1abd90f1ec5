// Decodes the bytes as a column in a row group of a Parquet file: no crash, no hang, no value outside its memory.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_row_group.cpp csrc/io/parquet_decoder.cpp csrc/io/parquet_levels.cpp csrc/io/parquet_page.cpp
//   csrc/io/parquet_runs.cpp csrc/io/snappy.cpp csrc/io/thrift_struct.cpp
// The seeds are those of make_seeds.py, in the folder "row_groups".
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "io/parquet_decoder.h"

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

}  // namespace

// The first byte is the definition level of a value that is there, and whether pages are compressed; the second the
// number of rows; the third how many bytes the pages decompress to, in hundreds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 3;
  if (size < kHead) return 0;
  const std::vector<uint8_t> pages(data + kHead, data + size);  // with nothing behind them
  std::vector<uint8_t> out(data[2] * size_t{100});
  const bool is_snappy = data[0] & 4;
  const fastseq::EncodedColumn column = {pages.data(), pages.size(), 1000, data[1], data[0] % 4, is_snappy};
  fastseq::ParquetValues found;
  std::string reason;
  const auto status = fastseq::decode_column(column, out.data(), out.size(), &found, &reason);
  expect((status == fastseq::Status::kOk) == reason.empty(), "a reason, or none");
  expect(found.offsets.size() == found.lengths.size(), "offsets and lengths differ");
  expect(found.offsets.size() <= data[1], "too many rows");
  expect(status != fastseq::Status::kOk || found.offsets.size() == data[1], "too few rows");
  const auto bytes = static_cast<int64_t>(is_snappy ? out.size() : pages.size());
  for (size_t i = 0; i < found.offsets.size(); ++i) {
    if (found.lengths[i] < 0) continue;
    expect(found.offsets[i] >= 0 && found.offsets[i] <= bytes - found.lengths[i], "a value outside its memory");
  }
  return 0;
}
