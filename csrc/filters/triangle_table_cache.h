// The filter tables that a thread made last: pictures of a set often share their size, and so their tables.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/triangle_table.h"

namespace fastseq {

class FilterTableCache {
 public:
  // The table of make_filter_table; it stays until kKept others were asked for.
  const FilterTable& get(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order);
  // Gives back tables of more than `keep` bytes.
  void trim(size_t keep);

  static constexpr int kKept = 16;  // a picture has up to six

 private:
  struct Slot {
    AxisMap axis;
    PlaneAxis plane;
    Interpolation filter;
    TableOrder order;
    FilterTable table;
    uint64_t used = 0;  // when; 0: empty
  };
  Slot slots_[kKept];
  uint64_t now_ = 0;
};

}  // namespace fastseq
