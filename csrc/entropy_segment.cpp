#include "entropy_segment.h"

#include <cstring>

namespace fastseq {

EntropySegment unstuff_segment(const uint8_t* data, size_t size, size_t at, uint8_t* out) {
  EntropySegment segment;
  const uint8_t* from = data + at;
  const uint8_t* const end = data + size;
  uint8_t* to = out;
  while (from < end) {
    const void* found = std::memchr(from, 0xFF, static_cast<size_t>(end - from));
    if (!found) break;
    const uint8_t* stop = static_cast<const uint8_t*>(found);
    const size_t run = static_cast<size_t>(stop - from);
    std::memcpy(to, from, run);
    to += run;
    while (stop < end && *stop == 0xFF) ++stop;  // more than one is fill
    if (stop == end) break;
    from = stop + 1;
    if (*stop == 0) {
      *to++ = 0xFF;
    } else {
      segment.marker = *stop;
      segment.after = static_cast<size_t>(from - data);
      break;
    }
  }
  segment.size = static_cast<size_t>(to - out);
  return segment;
}

}  // namespace fastseq
