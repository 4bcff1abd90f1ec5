// An affine map from output pixels to image pixels, with the semantics of scipy.ndimage.affine_transform.
#pragma once
#include <cstdint>

#include "base/enum_table.h"

namespace fastseq {

// What lies outside the image: scipy's modes of the same names.
enum class FillMode : int32_t { kNearest = 0, kConstant = 1, kReflect = 2, kWrap = 3 };
EnumTable fill_mode_table();

// Output pixel (y, x) of height x width shows the image at m (y, x) + shift; flipped axes count backwards.
struct AffineMap {
  int height = 0, width = 0;
  double m[4] = {1, 0, 0, 1};
  double shift[2] = {0, 0};
  bool flip_rows = false, flip_columns = false;
  FillMode fill_mode = FillMode::kNearest;
  float fill_value = 0;     // of kConstant
  bool interpolate = true;  // else the nearest pixel

  // False where coordinates are too large to compute with.
  bool is_finite() const;
};

}  // namespace fastseq
