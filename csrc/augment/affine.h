// Pictures that are mapped by an affine transform, at the size that they have: scipy.ndimage.affine_transform of order
// 0 or 1, its borders included.
#pragma once
#include <cstdint>

#include "engine/workspace.h"

namespace fastseq {

// What lies outside the picture: scipy's modes of these names.
enum class FillMode : int32_t { kNearest = 0, kConstant = 1, kReflect = 2, kWrap = 3 };

// Output (y, x), of height x width, shows the picture at m (y, x) + shift, with y and x counted backwards where
// flipped.
struct AffineMap {
  int height = 0, width = 0;
  double m[4] = {1, 0, 0, 1};
  double shift[2] = {0, 0};
  bool flip_rows = false, flip_columns = false;
  FillMode fill_mode = FillMode::kNearest;
  float fill_value = 0;     // of kConstant
  bool interpolate = true;  // linearly between four pixels, else the nearest one

  bool is_finite() const;
};

// Memory for one row of places and pixels on their way.
class AffineRow {
 public:
  AffineRow(const AffineMap& map, Workspace* workspace);

  // Row y as pixels of four values, those beyond the picture's channels undefined. `picture`: interleaved bytes, 1 or 3
  // a pixel, readable kAffineReadAhead bytes past their end; or pixels of four floats, with two rows more.
  const float* from_bytes(int y, const uint8_t* picture, int channels);
  const float* from_floats(int y, const float* picture);

 private:
  void place(int y);

  const AffineMap& map_;
  double *rows_, *columns_;
  float *down_, *across_, *pixels_;
  int32_t* first_;  // the number of the upper left one of four pixels; -1 outside
};
constexpr int kAffineReadAhead = 32;

}  // namespace fastseq
