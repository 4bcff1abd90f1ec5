#include "augment/affine.h"

#include <algorithm>
#include <cmath>

#include "kernels/affine.h"

namespace fastseq {
namespace {

constexpr int kSlack = 16;  // values that kernels may write past a row's end

// Maps a coordinate outside [0, length - 1] into it; -1 where the fill value applies.
double map_outside(double at, int length, FillMode mode) {
  const double last = length - 1;
  if (mode == FillMode::kConstant) return -1;
  if (length == 1) return 0;
  if (mode == FillMode::kWrap) {
    return at < 0 ? at + last * (std::trunc(-at / last) + 1) : at - last * std::trunc(at / last);
  }
  const double period = 2.0 * length;
  if (at < 0) {
    if (at < -period) at += period * std::trunc(-at / period);
    return at < -length ? at + period : -at - 1;
  }
  at -= period * std::trunc(at / period);
  return at >= length ? period - at - 1 : at;
}

void map_row_outside(int width, int length, FillMode mode, double* places) {
  const double last = length - 1;
  for (int i = 0; i < width; ++i) {
    if (!(places[i] >= 0 && places[i] <= last)) places[i] = map_outside(places[i], length, mode);
  }
}

}  // namespace

AffineRow::AffineRow(const AffineMap& map, AugmentScratch* scratch) : map_(map) {
  const size_t count = static_cast<size_t>(map.width) + kSlack;
  rows_ = scratch->coordinates.reserve_as<double>(2 * count);
  columns_ = rows_ + count;
  down_ = scratch->pixels.reserve_as<float>(6 * count);
  across_ = down_ + count;
  pixels_ = across_ + count;
  first_ = scratch->indices.reserve_as<int32_t>(count);
}

void AffineRow::locate(int y) {
  kernels::affine_coordinates(map_, y, rows_, columns_);
  if (map_.fill_mode != FillMode::kNearest) {
    map_row_outside(map_.width, map_.height, map_.fill_mode, rows_);
    map_row_outside(map_.width, map_.width, map_.fill_mode, columns_);
  }
  kernels::affine_taps(map_, rows_, columns_, first_, down_, across_);
}

const float* AffineRow::from_bytes(int y, const uint8_t* image, int channels) {
  locate(y);
  kernels::blend_bytes(map_, image, channels, first_, down_, across_, pixels_);
  return pixels_;
}

const float* AffineRow::from_floats(int y, const float* image) {
  locate(y);
  kernels::blend_floats(map_, image, first_, down_, across_, pixels_);
  return pixels_;
}

}  // namespace fastseq
