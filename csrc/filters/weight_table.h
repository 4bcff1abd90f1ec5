// Any filter's weights in double precision, for samples of more than 8 bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "filters/interpolation.h"
#include "geometry/geometry.h"

namespace fastseq {

// Entry i is the weighted sum of in[first(i)] .. in[last(i)]. Entries are in the order of the upright image, as if the
// axis were not mirrored, so first(i) and last(i) ascend.
class WeightTable {
 public:
  int size() const { return static_cast<int>(first_.size()); }
  int first(int i) const { return first_[i]; }
  int taps(int i) const { return static_cast<int>(begin_[i + 1] - begin_[i]); }
  int last(int i) const { return first_[i] + taps(i) - 1; }
  const double* weights(int i) const { return weights_.data() + begin_[i]; }
  int max_taps() const;
  // Multiplies all weights.
  void scale(double factor);

  void add(int first, const double* weights, size_t count);

 private:
  std::vector<int32_t> first_;
  std::vector<size_t> begin_ = {0};
  std::vector<double> weights_;
};

// The tables of both axes of an upright image of `height` x `width` samples.
struct WeightTables {
  WeightTable rows, columns;
};
WeightTables make_weight_tables(const Geometry& geometry, int height, int width, Interpolation filter);

}  // namespace fastseq
