// Triangle filters in 14-bit fixed point.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

constexpr int kWeightBits = 14;

// Entry i reads samples first[i] .. first[i] + taps[i] - 1. Its weights sum to 1 << kWeightBits and are padded to a
// multiple of kTapStep, entries to a multiple of kEntryStep.
struct TriangleTable {
  int size = 0;    // entries, padding not counted
  int stride = 0;  // weights from one entry to the next
  std::vector<int32_t> first;
  std::vector<int32_t> taps;
  std::vector<int16_t> weights;

  const int16_t* entry(int i) const { return weights.data() + static_cast<size_t>(i) * stride; }
};

// For kAntialias (the support widens with the reduction, as in Pillow's BILINEAR) and kLinear (two taps, as in
// cv2.INTER_LINEAR), composed with the upsampling of a subsampled plane.
void make_triangle_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order,
                         TriangleTable* table);

// The unrounded weights of upright output `output`, which sum to 1; of pixels at full size. Returns its first sample.
int triangle_weights(const AxisMap& axis, Interpolation filter, int output, std::vector<double>* weights);

}  // namespace fastseq
