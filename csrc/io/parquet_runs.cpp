#include "io/parquet_runs.h"

namespace fastseq {

uint32_t ParquetRun::at(uint64_t i) const {
  if (packed == nullptr) return value;
  const uint64_t bit = i * static_cast<uint64_t>(width);
  const uint8_t* const begin = packed + bit / 8;
  const uint8_t* const end = packed + (bit + static_cast<uint64_t>(width) + 7) / 8;
  uint64_t bits = 0;
  for (const uint8_t* p = end; p != begin;) bits = bits << 8 | *--p;
  return static_cast<uint32_t>(bits >> bit % 8 & ((uint64_t{1} << width) - 1));
}

bool ParquetRuns::next(uint64_t max_count, ParquetRun* run) {
  uint64_t head = 0;
  int shift = 0;
  do {
    if (data_ == end_ || shift > 56) return false;
    head |= static_cast<uint64_t>(*data_ & 0x7F) << shift;
    shift += 7;
  } while (*data_++ >= 0x80);
  if (head < 2) return false;  // a run of none, of which there could be any number
  if (head & 1) return next_packed(head >> 1, max_count, run);
  *run = {head >> 1, 0, nullptr, width_};
  const int bytes = (width_ + 7) / 8;
  if (run->count > max_count || end_ - data_ < bytes) return false;
  for (int i = 0; i < bytes; ++i) run->value |= static_cast<uint32_t>(*data_++) << (8 * i);
  return true;
}

// Groups of eight. The last one may lack the bytes of values that are not there.
bool ParquetRuns::next_packed(uint64_t groups, uint64_t max_count, ParquetRun* run) {
  const auto width = static_cast<uint64_t>(width_), left = static_cast<uint64_t>(end_ - data_);
  *run = {groups > max_count / 8 ? max_count : groups * 8, 0, data_, width_};
  if (width == 0) return true;
  if (run->count > left * 8 / width) return false;
  data_ = groups > left / width ? end_ : data_ + groups * width;
  return true;
}

}  // namespace fastseq
