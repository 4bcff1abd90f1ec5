// Ops that resize; see OpType.
#pragma once
#include "geometry/axis_state.h"

namespace fastseq {

bool resize_short(GeometryState* state, const Op& op, const double* draws);
bool pad_to_aspect(GeometryState* state, const Op& op, const double* draws);

}  // namespace fastseq
