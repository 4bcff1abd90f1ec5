// Entropy-coded bytes as they lie in the file, from one marker to the next.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

struct EntropySegment {
  size_t size = 0;   // bytes without stuffing
  int marker = 0;    // what ends it; 0 where the data end first
  size_t after = 0;  // where the data go on behind the marker
};

// Copies the segment that begins at `at` to `out`, without the zeros that are stuffed in behind 0xFF. `out` holds
// size - at bytes.
EntropySegment unstuff_segment(const uint8_t* data, size_t size, size_t at, uint8_t* out);

}  // namespace fastseq
