// Pillow's coefficients: computed in double, rounded to 22 bits, and split into halves for 16-bit multiplication.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

constexpr int kPilBits = 22;
constexpr int kPilLowBits = 15;  // a coefficient is (high << kPilLowBits) + low, with low >= 0

// Entry i reads samples first[i] .. first[i] + taps[i] - 1. Its coefficients are padded with zeros to `stride`, a
// multiple of kTapStep; entries are padded to a multiple of kEntryStep.
struct PilTable {
  int size = 0;  // entries, padding not counted
  int stride = 0;
  std::vector<int32_t> first, taps;
  std::vector<int16_t> low, high;

  const int16_t* low_of(int i) const { return low.data() + static_cast<size_t>(i) * stride; }
  const int16_t* high_of(int i) const { return high.data() + static_cast<size_t>(i) * stride; }
};

// Reads `samples`, `pixels`, `reversed` and `origin` of `plane`. As with Pillow's `box`, outputs near the window's edge
// read samples beyond it. In slot order all entries have the same number of taps.
PilTable make_pil_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order);

// The unrounded coefficients of upright output `output` over an axis of so many samples, which sum to 1. Returns its
// first sample.
int pil_weights(const AxisMap& axis, Interpolation filter, int samples, int output, std::vector<double>* weights);

// Whether Pillow resizes along this axis at all.
inline bool pil_resizes(const AxisMap& axis) { return axis.grid != axis.source_length; }

// How many samples beyond either end of the window the filter may read.
int pil_margin(const AxisMap& axis, Interpolation filter);

// Whether Pillow 13 resizes vertically first: where height shrinks far more than width.
bool pil_vertical_first(const Geometry& geometry, int height, int width);

}  // namespace fastseq
