#include "geometry/crops.h"

#include <algorithm>
#include <cmath>

namespace fastseq {
namespace {

constexpr int kCropTries = 10;

void crop_center(AxisState* axis, int size) {
  const int count = std::min(size, axis->length);
  axis->crop((axis->length - count) / 2, count);
}

// torchvision's center_crop: half of the margin by Python's round(), which rounds halves to even.
void crop_center_half_to_even(AxisState* axis, int size) {
  const int count = std::min(size, axis->length), margin = axis->length - count;
  axis->crop(margin / 2 + (margin % 4 == 3), count);
}

// The length of the largest central window with the output's aspect ratio, as
// keras.utils.load_img(keep_aspect_ratio=True) or smart_resize of a tensor computes it.
int aspect_length(int size, int other_size, int out_size, int other_out_size, bool float32) {
  const int64_t product = static_cast<int64_t>(other_size) * out_size;
  const int64_t kept = float32 ? static_cast<int64_t>(static_cast<float>(product) / static_cast<float>(other_out_size))
                               : product / other_out_size;
  return static_cast<int>(std::clamp<int64_t>(kept, 1, size));
}

}  // namespace

bool center_crop(GeometryState* state, const Op& op, const double*) {
  const auto crop = op.c != 0 ? crop_center_half_to_even : crop_center;
  crop(&state->rows, static_cast<int>(op.a));
  crop(&state->columns, static_cast<int>(op.b));
  return true;
}

// torchvision's RandomResizedCrop.get_params: ten attempts, then the largest central crop within the ratios.
bool random_resized_crop(GeometryState* state, const Op& op, const double* draws) {
  AxisState *rows = &state->rows, *columns = &state->columns;
  const int height = rows->length, width = columns->length;
  const double area = static_cast<double>(height) * width;
  const double log_low = std::log(op.c), log_high = std::log(op.d);
  for (int i = 0; i < kCropTries; ++i) {
    const double target = area * (op.a + (op.b - op.a) * draws[2 * i]);
    const double ratio = std::exp(log_low + (log_high - log_low) * draws[2 * i + 1]);
    const double w = std::nearbyint(std::sqrt(target * ratio));
    const double h = std::nearbyint(std::sqrt(target / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const int crop_h = static_cast<int>(h), crop_w = static_cast<int>(w);
    rows->crop(static_cast<int>(draws[2 * kCropTries] * (height - crop_h + 1)), crop_h);
    columns->crop(static_cast<int>(draws[2 * kCropTries + 1] * (width - crop_w + 1)), crop_w);
    return true;
  }
  const double ratio = static_cast<double>(width) / height;
  int crop_h = height, crop_w = width;
  if (ratio < op.c) {
    crop_h = static_cast<int>(std::nearbyint(width / op.c));
  } else if (ratio > op.d) {
    crop_w = static_cast<int>(std::nearbyint(height * op.d));
  }
  crop_center(rows, std::max(crop_h, 1));
  crop_center(columns, std::max(crop_w, 1));
  return true;
}

bool crop_to_aspect(GeometryState* state, const Op& op, const double*) {
  AxisState *rows = &state->rows, *columns = &state->columns;
  const bool float32 = op.a != 0;
  const int height = aspect_length(rows->length, columns->length, state->out_height, state->out_width, float32);
  const int width = aspect_length(columns->length, rows->length, state->out_width, state->out_height, float32);
  crop_center(rows, height);
  crop_center(columns, width);
  return true;
}

}  // namespace fastseq
