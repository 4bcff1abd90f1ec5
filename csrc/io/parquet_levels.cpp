#include "io/parquet_levels.h"

#include <algorithm>

namespace fastseq {

bool parse_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there) {
  int width = 0;  // bits of a level
  while (max_level >> width != 0) ++width;
  if (width == 0 || width > 8) return false;
  const uint8_t* const end = data + size;
  for (size_t row = 0; row < is_there->size();) {
    uint64_t head = 0;
    int shift = 0;
    do {
      if (data == end || shift > 56) return false;
      head |= static_cast<uint64_t>(*data & 0x7F) << shift;
      shift += 7;
    } while (*data++ >= 0x80);
    const uint64_t left = is_there->size() - row;
    if (head & 1) {  // groups of eight levels, packed from the lowest bit on
      const uint64_t groups = head >> 1;
      if (groups > static_cast<uint64_t>(end - data) / static_cast<uint64_t>(width)) return false;
      const uint64_t count = std::min(left, groups * 8);
      for (uint64_t i = 0; i < count; ++i) {
        int level = 0;
        for (int bit = 0; bit < width; ++bit) {
          const uint64_t place = i * static_cast<uint64_t>(width) + static_cast<uint64_t>(bit);
          level |= (data[place / 8] >> place % 8 & 1) << bit;
        }
        (*is_there)[row++] = level == max_level;
      }
      data += groups * static_cast<uint64_t>(width);
    } else {  // a level, so many times
      const uint64_t count = head >> 1;
      if (data == end || count > left) return false;
      std::fill_n(is_there->begin() + static_cast<std::ptrdiff_t>(row), count, *data++ == max_level);
      row += static_cast<size_t>(count);
    }
    if (head < 2) return false;  // a run of none, of which there could be any number
  }
  return true;
}

}  // namespace fastseq
