#include "geometry/geometry.h"

#include "geometry/axis_state.h"
#include "geometry/ops.h"

namespace fastseq {
namespace {

bool finish(AxisState* axis, int size) {
  if (axis->grid == 0) axis->resize(size);
  return axis->length == size;
}

}  // namespace

Orientation resolve_orientation(Orient orient, int exif, int stored_height, int stored_width) {
  static const Orientation kByTag[9] = {{},
                                        {false, false, false},
                                        {false, false, true},
                                        {false, true, true},
                                        {false, true, false},
                                        {true, false, false},
                                        {true, true, false},
                                        {true, true, true},
                                        {true, false, true}};
  if (orient == Orient::kNone) return {};
  Orientation o = kByTag[exif >= 1 && exif <= 8 ? exif : 1];
  if (orient != Orient::kLandscape) return o;
  const int height = o.transpose ? stored_width : stored_height;
  const int width = o.transpose ? stored_height : stored_width;
  if (height <= width) return o;
  // np.rot90: new[r, c] = old[c, old_width - 1 - r].
  return o.transpose ? Orientation{false, !o.flip_rows, o.flip_columns}
                     : Orientation{true, o.flip_rows, !o.flip_columns};
}

EnumTable orient_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(Orient::kNone, "none"),
      enum_member(Orient::kExif, "exif"),
      enum_member(Orient::kLandscape, "landscape"),
  };
  return enum_table(kMembers);
}

bool resolve_geometry(const std::vector<Op>& ops, const double* draws, int height, int width, int out_height,
                      int out_width, Geometry* geometry) {
  GeometryState state{AxisState(height), AxisState(width), out_height, out_width};
  for (const Op& op : ops) {
    if (state.padded && op.kind != OpKind::kFlip) return false;
    if (!op_type(op.kind).apply(&state, op, draws + op.draw)) return false;
  }
  if (!state.padded && (!finish(&state.rows, out_height) || !finish(&state.columns, out_width))) return false;
  geometry->rows = state.rows;
  geometry->columns = state.columns;
  geometry->padded = state.padded;
  return true;
}

}  // namespace fastseq
