// scipy.ndimage.affine_transform of order 0 or 1, with its boundary modes, from an image to one of the same size.
#pragma once
#include <cstdint>

#include "augment/scratch.h"
#include "geometry/affine_map.h"

namespace fastseq {

// Computes output rows one at a time.
class AffineRow {
 public:
  AffineRow(const AffineMap& map, AugmentScratch* scratch);

  // Returns row y as pixels of four values; those beyond the image's channels are undefined. `image` is interleaved
  // bytes, 1 or 3 per pixel, readable kAffineReadAhead bytes past their end; or pixels of four floats, followed by two
  // more rows.
  const float* from_bytes(int y, const uint8_t* image, int channels);
  const float* from_floats(int y, const float* image);

 private:
  void locate(int y);

  const AffineMap& map_;
  double *rows_, *columns_;
  float *down_, *across_, *pixels_;
  int32_t* first_;  // index of the upper left of four pixels; -1 outside
};
constexpr int kAffineReadAhead = 32;

}  // namespace fastseq
