// The names of the filters.
#pragma once
#include <cstdint>

#include "base/enum_table.h"

namespace fastseq {

enum class Interpolation : int32_t {
  kAntialias = 0,
  kLinear = 1,
  kCv2Linear = 2,
  kCv2Nearest = 3,
  kCv2Area = 4,
  kPilNearest = 5,
  kPilBox = 6,
  kPilBilinear = 7,
  kPilHamming = 8,
  kPilBicubic = 9,
  kPilLanczos = 10,
  kTfNearest = 11,
  kTfBilinear = 12,
  kTfBicubic = 13,
  kTfArea = 14,
  kTfLanczos3 = 15,
  kTfLanczos5 = 16,
  kTfGaussian = 17,
  kTfMitchellcubic = 18,
};
// By the names of the `interpolation` argument.
EnumTable interpolation_table();

// Whether the filter promises another library's result, which is computed from pixels at full size.
inline bool is_exact(Interpolation i) { return i != Interpolation::kAntialias && i != Interpolation::kLinear; }
inline bool is_pil(Interpolation i) { return i >= Interpolation::kPilNearest && i <= Interpolation::kPilLanczos; }
// Filters whose result is float, as TensorFlow's is.
inline bool is_tf(Interpolation i) { return i >= Interpolation::kTfNearest; }

}  // namespace fastseq
