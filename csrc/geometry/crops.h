// Ops that crop; see OpType.
#pragma once
#include "geometry/axis_state.h"

namespace fastseq {

bool center_crop(GeometryState* state, const Op& op, const double* draws);
bool random_resized_crop(GeometryState* state, const Op& op, const double* draws);
bool crop_to_aspect(GeometryState* state, const Op& op, const double* draws);

}  // namespace fastseq
