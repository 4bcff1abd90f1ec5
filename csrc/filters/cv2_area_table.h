// cv2.INTER_AREA where no axis grows: which samples an output covers, and how much of each.
#pragma once
#include <cstdint>
#include <vector>

#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

// Output i is made of taps(i) samples from first[i] on, in the order in which cv2 adds them up: descending where the
// stored axis is reversed.
struct Cv2AreaTable {
  int size = 0;  // outputs, padding not counted
  int step = 1;  // from one sample to the next: 1 or -1
  std::vector<int32_t> first;
  std::vector<int32_t> offsets;  // of the weights; one more than outputs
  std::vector<float> weights;

  int taps(int i) const { return offsets[i + 1] - offsets[i]; }
  const float* weights_of(int i) const { return weights.data() + offsets[i]; }
};

// What cv2 makes of the sums: where both axes shrink by whole numbers, they are integers without weights.
struct Cv2AreaRounding {
  bool integer = false;
  bool quarter = false;  // 2 x 2 samples: halves are rounded up, and not to even
  float scale = 1;       // of whole sums

  static Cv2AreaRounding of(const AxisMap& rows, const AxisMap& columns);
};

// Whether cv2 has a true area filter for these axes; else it takes two samples an axis.
bool uses_cv2_area(const AxisMap& rows, const AxisMap& columns);

// Uses of `plane` the delivered samples, all pixels of the axis, whether it is reversed, and where the delivered ones
// begin. In the order of the slot, all outputs have equally many taps, some of weight 0
// unless `whole`, and there are copies of the last up to a multiple of kEntryStep.
Cv2AreaTable make_cv2_area_table(const AxisMap& axis, const PlaneAxis& plane, bool integer, TableOrder order);

}  // namespace fastseq
