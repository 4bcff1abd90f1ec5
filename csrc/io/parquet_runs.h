// Integers of few bits as Parquet stores levels and the numbers of dictionary entries: a hybrid of runs and of packed
// bits, which https://parquet.apache.org/docs/file-format/data-pages/encodings/ describes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

struct ParquetRun {
  uint64_t count;
  uint32_t value;         // of all of them, unless they are packed
  const uint8_t* packed;  // from the lowest bit on; null for a run of one value
  int width;              // of a packed value, bits

  uint32_t at(uint64_t i) const;  // i < count
};

// Reads in memory that the caller owns.
class ParquetRuns {
 public:
  // The integers have `width` bits, 0 to 32.
  ParquetRuns(const uint8_t* data, size_t size, int width) : data_(data), end_(data + size), width_(width) {}

  // The next run, of 1 to `max_count` integers. False if the data are not as many, or damaged.
  bool next(uint64_t max_count, ParquetRun* run);

 private:
  bool next_packed(uint64_t groups, uint64_t max_count, ParquetRun* run);

  const uint8_t* data_;
  const uint8_t* const end_;
  const int width_;
};

}  // namespace fastseq
