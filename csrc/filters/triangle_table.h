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

// Entry i reads samples first[i] .. first[i] + taps[i] - 1. Weights of an entry sum to 1 << kWeightBits. They are
// padded to kTapStep, entries to kEntryStep.
struct TriangleTable {
  int size = 0;    // entries, padding not counted
  int stride = 0;  // weights from one entry to the next
  std::vector<int32_t> first;
  std::vector<int32_t> taps;
  std::vector<int16_t> weights;

  const int16_t* entry(int i) const { return weights.data() + static_cast<size_t>(i) * stride; }
};

// For kAntialias (support widens with the reduction, as Pillow's BILINEAR) and kLinear (two taps, as cv2.INTER_LINEAR),
// composed with the upsampling of a subsampled plane.
void make_triangle_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order,
                         TriangleTable* table);

}  // namespace fastseq
