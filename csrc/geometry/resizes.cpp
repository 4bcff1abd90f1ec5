#include "geometry/resizes.h"

#include <algorithm>
#include <cmath>

namespace fastseq {
namespace {

// tf.image.resize_with_pad refuses images that would shrink to less than a row or column; here one is kept.
void pad_axis(AxisState* axis, int out_size, float ratio) {
  const float resized = static_cast<float>(axis->length) / ratio;
  axis->resize(std::clamp(static_cast<int>(resized), 1, out_size));
  const int pad = static_cast<int>(std::floor((static_cast<float>(out_size) - resized) / 2));
  axis->pad = std::clamp(pad, 0, out_size - axis->length);
}

}  // namespace

bool resize_short(GeometryState* state, const Op& op, const double*) {
  const int size = static_cast<int>(op.a);
  AxisState *rows = &state->rows, *columns = &state->columns;
  AxisState* shorter = rows->length <= columns->length ? rows : columns;
  AxisState* longer = shorter == rows ? columns : rows;
  const int long_size = static_cast<int>(static_cast<double>(size) * longer->length / shorter->length);
  shorter->resize(size);
  longer->resize(std::max(long_size, 1));
  return true;
}

bool pad_to_aspect(GeometryState* state, const Op&, const double*) {
  if (state->rows.grid != 0) return false;
  const float ratio = std::max(static_cast<float>(state->columns.length) / static_cast<float>(state->out_width),
                               static_cast<float>(state->rows.length) / static_cast<float>(state->out_height));
  pad_axis(&state->rows, state->out_height, ratio);
  pad_axis(&state->columns, state->out_width, ratio);
  state->padded = true;
  return true;
}

}  // namespace fastseq
