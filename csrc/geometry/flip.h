// The op that flips an axis; see OpType.
#pragma once
#include "geometry/axis_state.h"

namespace fastseq {

bool flip(GeometryState* state, const Op& op, const double* draws);

}  // namespace fastseq
