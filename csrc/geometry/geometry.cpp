#include "geometry/geometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fastseq {
namespace {

constexpr int kCropTries = 10;

// One axis while the ops are applied; `grid` is 0 until it is resized.
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

void center_crop(AxisState* axis, int size) {
  const int count = std::min(size, axis->length);
  axis->crop((axis->length - count) / 2, count);
}

void resize_short(AxisState* rows, AxisState* columns, int size) {
  AxisState* shorter = rows->length <= columns->length ? rows : columns;
  AxisState* longer = shorter == rows ? columns : rows;
  const int long_size = static_cast<int>(static_cast<double>(size) * longer->length / shorter->length);
  shorter->resize(size);
  longer->resize(std::max(long_size, 1));
}

// torchvision's RandomResizedCrop.get_params: ten attempts, then the largest central crop within the ratios.
void random_resized_crop(AxisState* rows, AxisState* columns, const Op& op, const double* draws) {
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
    return;
  }
  const double ratio = static_cast<double>(width) / height;
  int crop_h = height, crop_w = width;
  if (ratio < op.c) {
    crop_h = static_cast<int>(std::nearbyint(width / op.c));
  } else if (ratio > op.d) {
    crop_w = static_cast<int>(std::nearbyint(height * op.d));
  }
  center_crop(rows, std::max(crop_h, 1));
  center_crop(columns, std::max(crop_w, 1));
}

// The length of the largest central window with the output's aspect ratio, as
// keras.utils.load_img(keep_aspect_ratio=True) or smart_resize of a tensor computes it.
int aspect_length(int size, int other_size, int out_size, int other_out_size, bool float32) {
  const int64_t product = static_cast<int64_t>(other_size) * out_size;
  const int64_t kept = float32 ? static_cast<int64_t>(static_cast<float>(product) / static_cast<float>(other_out_size))
                               : product / other_out_size;
  return static_cast<int>(std::clamp<int64_t>(kept, 1, size));
}

void crop_to_aspect(AxisState* rows, AxisState* columns, int out_height, int out_width, bool float32) {
  const int height = aspect_length(rows->length, columns->length, out_height, out_width, float32);
  const int width = aspect_length(columns->length, rows->length, out_width, out_height, float32);
  center_crop(rows, height);
  center_crop(columns, width);
}

// tf.image.resize_with_pad refuses images that would shrink to less than a row or column; here one is kept.
void pad_axis(AxisState* axis, int out_size, float ratio) {
  const float resized = static_cast<float>(axis->length) / ratio;
  axis->resize(std::clamp(static_cast<int>(resized), 1, out_size));
  const int pad = static_cast<int>(std::floor((static_cast<float>(out_size) - resized) / 2));
  axis->pad = std::clamp(pad, 0, out_size - axis->length);
}

void pad_to_aspect(AxisState* rows, AxisState* columns, int out_height, int out_width) {
  const float ratio = std::max(static_cast<float>(columns->length) / static_cast<float>(out_width),
                               static_cast<float>(rows->length) / static_cast<float>(out_height));
  pad_axis(rows, out_height, ratio);
  pad_axis(columns, out_width, ratio);
}

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

bool resolve_geometry(const std::vector<Op>& ops, const double* draws, int height, int width, int out_height,
                      int out_width, Geometry* geometry) {
  AxisState rows(height), columns(width);
  bool padded = false;
  for (const Op& op : ops) {
    if (padded && op.kind != OpKind::kFlip) return false;
    switch (op.kind) {
      case OpKind::kResizeShort:
        resize_short(&rows, &columns, static_cast<int>(op.a));
        break;
      case OpKind::kCenterCrop:
        center_crop(&rows, static_cast<int>(op.a));
        center_crop(&columns, static_cast<int>(op.b));
        break;
      case OpKind::kRandomResizedCrop:
        random_resized_crop(&rows, &columns, op, draws + op.draw);
        break;
      case OpKind::kFlip:
        if (draws[op.draw] < op.a) {
          AxisState& axis = op.b != 0 ? columns : rows;
          axis.mirror = !axis.mirror;
          if (padded) axis.pad = (op.b != 0 ? out_width : out_height) - axis.pad - axis.length;
        }
        break;
      case OpKind::kCropToAspect:
        crop_to_aspect(&rows, &columns, out_height, out_width, op.a != 0);
        break;
      case OpKind::kPadToAspect:
        if (rows.grid != 0) return false;
        pad_to_aspect(&rows, &columns, out_height, out_width);
        padded = true;
        break;
    }
  }
  if (!padded && (!finish(&rows, out_height) || !finish(&columns, out_width))) return false;
  geometry->rows = rows;
  geometry->columns = columns;
  geometry->padded = padded;
  return true;
}

}  // namespace fastseq
