// The filter tables that a thread made last: images of a set often share their size, and so their tables.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/triangle_table.h"

namespace fastseq {

class TriangleTableCache {
 public:
  // The table of make_triangle_table; it stays until kKept others were asked for.
  const TriangleTable& get(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order);
  // Gives back tables of more than `keep` bytes.
  void trim(size_t keep);

  static constexpr int kKept = 16;  // a image has up to six

 private:
  struct Slot {
    AxisMap axis;
    PlaneAxis plane;
    Interpolation filter;
    TableOrder order;
    TriangleTable table;
    uint64_t used = 0;  // when; 0: empty
  };
  Slot slots_[kKept];
  uint64_t now_ = 0;
};

}  // namespace fastseq
