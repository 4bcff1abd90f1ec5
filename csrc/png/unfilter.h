// Undoes the filters of a PNG: ISO/IEC 15948, 9.2.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

constexpr int kPngFilters = 5;
constexpr size_t kUnfilterReadAhead = 4;  // bytes after a row that are read, and may be anything

// Undoes the filters of the next rows of a pass, one or two, in place, and returns how many. `scanlines` are `rows`
// rows of `count` bytes, each after its filter type, which must be valid. `above` is the finished row above them, zeros
// for the first row of a pass. `distance` is PngHeader::filter_distance(), up to 4.
int unfilter(const uint8_t* above, size_t count, int distance, int rows, uint8_t* scanlines);

}  // namespace fastseq
