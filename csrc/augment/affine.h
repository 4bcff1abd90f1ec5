// scipy.ndimage.affine_transform of order 0 or 1, its borders included, from an image to one of the same size.
#pragma once
#include <cstdint>

#include "augment/scratch.h"
#include "geometry/affine_map.h"

namespace fastseq {

// Memory for one row of places and pixels on their way.
class AffineRow {
 public:
  AffineRow(const AffineMap& map, AugmentScratch* scratch);

  // Row y as pixels of four values, those beyond the image's channels undefined. `image`: interleaved bytes, 1 or 3
  // a pixel, readable kAffineReadAhead bytes past their end; or pixels of four floats, with two rows more.
  const float* from_bytes(int y, const uint8_t* image, int channels);
  const float* from_floats(int y, const float* image);

 private:
  void locate(int y);

  const AffineMap& map_;
  double *rows_, *columns_;
  float *down_, *across_, *pixels_;
  int32_t* first_;  // the number of the upper left one of four pixels; -1 outside
};
constexpr int kAffineReadAhead = 32;

}  // namespace fastseq
