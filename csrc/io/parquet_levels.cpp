#include "io/parquet_levels.h"

#include <algorithm>

#include "io/parquet_runs.h"

namespace fastseq {
namespace {

// The bits of a level; 0 if they would be too many.
int level_width(int max_level) {
  int width = 0;
  while (max_level >> width != 0) ++width;
  return width <= 8 ? width : 0;
}

}  // namespace

bool parse_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there) {
  const int width = level_width(max_level);
  if (width == 0) return false;
  ParquetRuns runs(data, size, width);
  const auto wanted = static_cast<uint32_t>(max_level);
  for (size_t row = 0; row < is_there->size();) {
    ParquetRun run;
    if (!runs.next(is_there->size() - row, &run)) return false;
    if (run.packed != nullptr) {
      for (uint64_t i = 0; i < run.count; ++i) (*is_there)[row + static_cast<size_t>(i)] = run.at(i) == wanted;
    } else {
      std::fill_n(is_there->begin() + static_cast<std::ptrdiff_t>(row), run.count, run.value == wanted);
    }
    row += static_cast<size_t>(run.count);
  }
  return true;
}

bool parse_packed_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there, size_t* used) {
  const auto width = static_cast<size_t>(level_width(max_level));
  if (width == 0 || is_there->size() > size * 8 / width) return false;
  size_t place = 0;
  for (auto&& row : *is_there) {
    int level = 0;
    for (const size_t end = place + width; place < end; ++place) {
      level = level << 1 | (data[place / 8] >> (7 - place % 8) & 1);
    }
    row = level == max_level;
  }
  *used = (place + 7) / 8;
  return true;
}

}  // namespace fastseq
