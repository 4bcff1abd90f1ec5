#include "filters/triangle_table_cache.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace fastseq {
namespace {

auto as_tuple(const AxisMap& a) {
  return std::tie(a.source_begin, a.source_length, a.grid, a.begin, a.length, a.pad, a.mirror);
}

auto as_tuple(const PlaneAxis& p) {
  return std::tie(p.samples, p.scale, p.upsampling, p.triangle, p.pixels, p.reversed, p.origin);
}

}  // namespace

const TriangleTable& TriangleTableCache::get(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter,
                                             TableOrder order) {
  ++now_;
  for (Slot& slot : slots_) {
    if (slot.used == 0 || slot.filter != filter || slot.order != order) continue;
    if (as_tuple(slot.axis) != as_tuple(axis) || as_tuple(slot.plane) != as_tuple(plane)) continue;
    slot.used = now_;
    return slot.table;
  }
  Slot& oldest = *std::min_element(std::begin(slots_), std::end(slots_),
                                   [](const Slot& a, const Slot& b) { return a.used < b.used; });
  oldest.used = 0;  // in case building the table throws
  make_triangle_table(axis, plane, filter, order, &oldest.table);
  oldest.axis = axis;
  oldest.plane = plane;
  oldest.filter = filter;
  oldest.order = order;
  oldest.used = now_;
  return oldest.table;
}

void TriangleTableCache::trim(size_t keep) {
  for (Slot& slot : slots_) {
    if (slot.table.weights.capacity() * sizeof(int16_t) > keep) slot = Slot();
  }
}

}  // namespace fastseq
