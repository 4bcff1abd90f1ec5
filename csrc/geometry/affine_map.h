// An affine map from output pixels to image pixels, with the semantics of scipy.ndimage.affine_transform.
#pragma once
#include <cstdint>

#include "base/enum_table.h"

namespace fastseq {

// How pixels outside the image are filled: scipy's modes of these names.
enum class FillMode : int32_t { kNearest = 0, kConstant = 1, kReflect = 2, kWrap = 3 };
EnumTable fill_mode_table();

// Output (y, x), of height x width, shows the image at m (y, x) + shift, with y and x counted backwards where flipped.
struct AffineMap {
  int height = 0, width = 0;
  double m[4] = {1, 0, 0, 1};
  double shift[2] = {0, 0};
  bool flip_rows = false, flip_columns = false;
  FillMode fill_mode = FillMode::kNearest;
  float fill_value = 0;     // of kConstant
  bool interpolate = true;  // linearly between four pixels, else the nearest one

  // Whether all coordinates are small enough to compute with.
  bool is_finite() const;
};

}  // namespace fastseq
