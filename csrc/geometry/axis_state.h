// The axes of the upright image while the ops are applied.
#pragma once
#include "geometry/axis_map.h"
#include "geometry/op.h"

namespace fastseq {

// `grid` is 0 until the axis is resized.
struct AxisState : AxisMap {
  explicit AxisState(int size) { source_length = length = size; }
  void crop(int from, int count) {
    if (mirror) from = length - from - count;
    if (grid == 0) {
      source_begin += from;
      source_length = count;
      begin = 0;
    } else {
      begin += from;
    }
    length = count;
  }
  void resize(int size) {
    grid = length = size;
    begin = 0;
  }
};

struct GeometryState {
  AxisState rows, columns;
  int out_height, out_width;
  bool padded = false;  // whether PadToAspect has resized the axes
};

}  // namespace fastseq
