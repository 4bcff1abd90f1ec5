// The registry of ops. A new op is one function and one row of the table.
#pragma once
#include "geometry/axis_state.h"

namespace fastseq {

struct OpType {
  OpKind kind;
  const char* name;  // in Python
  int draws;         // random numbers per sample
  // Applies the op to the axes. `draws` are the op's own numbers. False if the op cannot follow those before it.
  bool (*apply)(GeometryState* state, const Op& op, const double* draws);
};

// Returns all ops, ordered by kind; `*count` receives how many there are.
const OpType* op_types(int* count);
const OpType& op_type(OpKind kind);

}  // namespace fastseq
