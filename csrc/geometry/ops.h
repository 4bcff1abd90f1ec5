// The registry of transform steps. A new step is one function and one row of the table.
#pragma once
#include "geometry/axis_state.h"

namespace fastseq {

struct OpType {
  OpKind kind;
  const char* name;  // in Python
  int draws;         // random numbers a sample that it reads
  // Changes the axes as the step does. `draws` are the step's own numbers. False where the step cannot follow those
  // before it.
  bool (*apply)(GeometryState* state, const Op& op, const double* draws);
};

// All steps, ordered by their kind; `*count` receives how many.
const OpType* op_types(int* count);
const OpType& op_type(OpKind kind);

}  // namespace fastseq
