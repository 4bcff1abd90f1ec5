#include "jpeg/entropy_segment.h"

#include <cstring>

namespace fastseq {
namespace {

// libjpeg ignores the bits that pad the last byte.
bool is_exhausted(const BitSegment& segment) { return segment.left() < 8; }

}  // namespace

EntropySegment unstuff_segment(const uint8_t* data, size_t size, size_t at, uint8_t* out) {
  EntropySegment segment;
  const uint8_t* from = data + at;
  const uint8_t* const end = data + size;
  uint8_t* to = out;
  while (from < end) {
    const void* found = std::memchr(from, 0xFF, static_cast<size_t>(end - from));
    const uint8_t* stop = found ? static_cast<const uint8_t*>(found) : end;
    const size_t run = static_cast<size_t>(stop - from);
    std::memcpy(to, from, run);
    to += run;
    while (stop < end && *stop == 0xFF) ++stop;  // fill bytes
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

bool ScanSegments::next(BitSegment* segment) {
  const EntropySegment found = unstuff_segment(data_, size_, at_, bytes_);
  if (found.marker == 0 && !may_be_cut_) return false;
  std::memset(bytes_ + found.size, 0, BitSegment::kSlack);
  segment->open(bytes_, found.size);
  marker_ = found.marker;
  begin_ = at_;
  at_ = found.after;
  return true;
}

bool ScanSegments::seek(size_t begin, size_t end, int restarts, BitSegment* segment) {
  at_ = begin;
  size_ = end;
  restarts_ = restarts & 7;
  may_be_cut_ = true;
  return next(segment);
}

bool ScanSegments::restart(BitSegment* segment) {
  if (!is_exhausted(*segment) || marker_ != 0xD0 + restarts_) return false;
  restarts_ = (restarts_ + 1) & 7;
  return next(segment);
}

bool ScanSegments::ends(const BitSegment& segment, bool is_last) const {
  const bool restarts = marker_ >= 0xD0 && marker_ <= 0xD7;
  return is_exhausted(segment) && (is_last ? marker_ == 0xD9 : !restarts);
}

}  // namespace fastseq
