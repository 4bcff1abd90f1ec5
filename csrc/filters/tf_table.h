// TensorFlow's filters as float32 weights, computed as its kernels do.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

// Entry i is `in[low[i]] + (in[high[i]] - in[low[i]]) * fraction[i]`; `low` comes first in the upright image.
struct LerpTable {
  std::vector<int32_t> low, high;
  std::vector<float> fraction;

  int size() const { return static_cast<int>(low.size()); }
};

// Entry i is the weighted sum of in[first[i]] .. in[last(i)].
struct SumTable {
  std::vector<int32_t> first, taps;
  std::vector<float> weights;
  std::vector<size_t> begin;  // of each entry's weights

  int size() const { return static_cast<int>(first.size()); }
  int last(int i) const { return first[i] + taps[i] - 1; }
  const float* entry(int i) const { return weights.data() + begin[i]; }
};

// For tf.bilinear, and for tf.nearest with low == high.
LerpTable make_lerp_table(const AxisMap& axis, const PlaneAxis& delivered, Interpolation filter, TableOrder order);
// For the other tf.* filters. Sums of tf.area must be multiplied by area_gain() at the end.
SumTable make_sum_table(const AxisMap& axis, const PlaneAxis& delivered, Interpolation filter, TableOrder order);

float area_gain(const AxisMap& rows, const AxisMap& columns);

}  // namespace fastseq
