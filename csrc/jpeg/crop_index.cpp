#include "jpeg/crop_index.h"

#include <algorithm>

#include "base/little_endian.h"
#include "io/crc32c.h"

namespace fastseq {

CropIndex::CropIndex(const uint8_t* entries, size_t entries_size, const uint8_t* data, size_t size)
    : entries_(entries), entries_size_(entries_size), data_(data) {
  if (entries_size < 2 * kEntryBytes || entries_size % kEntryBytes || size != little_endian_32(entries)) return;
  const size_t last = end();
  fits_ = last >= begin() && last + 2 <= size && data[last] == 0xFF && data[last + 1] == 0xD9 &&
          crc32c(data, begin()) == little_endian_32(entries + 4);
}

size_t CropIndex::begin() const { return little_endian_32(entry(1)); }

size_t CropIndex::end() const { return little_endian_32(entry(0) + 8); }

bool CropIndex::find(int i, Row* row) const {
  const uint8_t* at = entry(1 + i);
  row->begin = little_endian_32(at);
  row->bit = at[4];
  // Two bytes more than the last one with bits of it, which may be a stuffed one or be followed by its marker.
  const size_t next = i + 1 < rows() ? little_endian_32(entry(2 + i)) : end();
  row->end = std::min(next, end()) + 2;
  for (int c = 0; c < 3; ++c) row->dc[c] = static_cast<int16_t>(little_endian_16(at + 6 + 2 * c));
  return row->begin >= begin() && row->begin + 2 <= row->end && row->bit < 8 &&
         crop_row_check(data_, row->begin, end()) == at[5];
}

uint8_t crop_row_check(const uint8_t* data, size_t begin, size_t end) {
  return static_cast<uint8_t>(crc32c(data + begin, std::min<size_t>(end - begin, CropIndex::kCheckedBytes)));
}

}  // namespace fastseq
