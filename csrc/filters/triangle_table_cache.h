// The tables that a thread used last: images of one data set often share their size, and so their tables.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/triangle_table.h"

namespace fastseq {

class TriangleTableCache {
 public:
  // Returns the table of make_triangle_table(), valid until kKept others were requested.
  const TriangleTable& get(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order);
  // Frees tables of more than `keep` bytes.
  void trim(size_t keep);

  static constexpr int kKept = 16;  // an image needs up to six

 private:
  struct Slot {
    AxisMap axis;
    PlaneAxis plane;
    Interpolation filter;
    TableOrder order;
    TriangleTable table;
    uint64_t used = 0;  // time of last use; 0: empty
  };
  Slot slots_[kKept];
  uint64_t now_ = 0;
};

}  // namespace fastseq
