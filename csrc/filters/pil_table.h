// Pillow's coefficients: computed in double, rounded to 22 bits.
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

// Entry i reads samples first[i] .. first[i] + taps[i] - 1. Coefficients are padded with zeros to `stride`, a multiple
// of kTapStep; entries with copies of the last to a multiple of kEntryStep.
struct PilTable {
  int size = 0;  // entries, padding not counted
  int stride = 0;
  std::vector<int32_t> first, taps;
  std::vector<int16_t> low, high;

  const int16_t* low_of(int i) const { return low.data() + static_cast<size_t>(i) * stride; }
  const int16_t* high_of(int i) const { return high.data() + static_cast<size_t>(i) * stride; }
};

// Uses of `plane` the delivered samples, all pixels of the axis, whether it is reversed, and where the delivered ones
// begin. As with PIL's box, an output near the edge of the window reads samples beyond it. In the order of the slot,
// all entries have equally many taps.
PilTable make_pil_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order);

// Whether Pillow passes over this axis at all.
inline bool pil_resizes(const AxisMap& axis) { return axis.grid != axis.source_length; }

// Samples beyond either end of the window that the filter may reach.
int pil_margin(const AxisMap& axis, Interpolation filter);

// Pillow 13 resizes the rows of an upright image of `height` x `width` first where it loses far more of its height.
bool pil_vertical_first(const Geometry& geometry, int height, int width);

}  // namespace fastseq
