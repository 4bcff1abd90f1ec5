#include "geometry/flip.h"

namespace fastseq {

bool flip(GeometryState* state, const Op& op, const double* draws) {
  if (draws[0] >= op.a) return true;
  AxisState& axis = op.b != 0 ? state->columns : state->rows;
  axis.mirror = !axis.mirror;
  if (state->padded) axis.pad = (op.b != 0 ? state->out_width : state->out_height) - axis.pad - axis.length;
  return true;
}

}  // namespace fastseq
