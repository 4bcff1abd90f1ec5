// Filters of at most two taps, in the fixed-point arithmetic of cv2 and Pillow.
#pragma once
#include <cstdint>
#include <vector>

#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

// The two source samples of each output and their 11-bit weights, in the order of the upright image. A filter that
// picks one sample has low == high.
struct PairTable {
  std::vector<int32_t> low, high;
  std::vector<int16_t> weight_low, weight_high;
  std::vector<int16_t> replicated;  // low, high, low, high ... four times per entry, for vectors of 4-byte pixels

  int size() const { return static_cast<int>(low.size()); }
};

// Two neighbors, counted from the window's first sample, and the weight of the second.
struct Pair {
  int low, high;
  float fraction;
};

// The pairs of all outputs, unrounded, in the order of the upright image; for the filters of make_pair_table.
std::vector<Pair> make_pairs(const AxisMap& axis, Interpolation filter, bool columns);

// For kCv2Linear, kCv2Nearest, kPilNearest, and kCv2Area where an axis grows. `columns`: a column axis of the upright
// image, else a row axis.
PairTable make_pair_table(const AxisMap& axis, Interpolation filter, bool columns);

}  // namespace fastseq
