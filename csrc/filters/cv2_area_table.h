// cv2.INTER_AREA for axes that do not grow: which samples each output covers, and with what weights.
#pragma once
#include <cstdint>
#include <vector>

#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

// Output i sums taps(i) samples from first[i] on, in cv2's order: descending where the stored axis is reversed.
struct Cv2AreaTable {
  int size = 0;  // outputs, padding not counted
  int step = 1;  // from one sample to the next: 1 or -1
  std::vector<int32_t> first;
  std::vector<int32_t> offsets;  // of each output's weights, and the end
  std::vector<float> weights;

  int taps(int i) const { return offsets[i + 1] - offsets[i]; }
  const float* weights_of(int i) const { return weights.data() + offsets[i]; }
};

// How cv2 rounds the sums. Where both axes shrink by integer factors, the sums are unweighted integers.
struct Cv2AreaRounding {
  bool integer = false;
  bool quarter = false;  // 2 x 2 samples: halves are rounded up, not to even
  float scale = 1;       // of integer sums

  static Cv2AreaRounding of(const AxisMap& rows, const AxisMap& columns);
};

// Whether cv2 uses its area filter for these axes; otherwise it interpolates between two samples.
bool uses_cv2_area(const AxisMap& rows, const AxisMap& columns);

// Reads `samples`, `pixels`, `reversed` and `origin` of `plane`. In slot order all outputs have the same number of
// taps, some of weight 0 unless `integer`, and entries are padded to a multiple of kEntryStep.
Cv2AreaTable make_cv2_area_table(const AxisMap& axis, const PlaneAxis& plane, bool integer, TableOrder order);

}  // namespace fastseq
