#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/affine.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "kernels/affine.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using F32 = hn::Rebind<float, F64>;
using I32 = hn::Rebind<int32_t, F64>;
using F4 = hn::FixedTag<float, 4>;

void AffineCoordinates(const AffineMap& map, int y, double* rows, double* columns) {
  const F64 d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const double row = map.flip_rows ? map.height - 1 - y : y;
  const auto down_r = hn::Set(d, row * map.m[0]), down_c = hn::Set(d, row * map.m[2]);
  const auto across_r = hn::Set(d, map.m[1]), across_c = hn::Set(d, map.m[3]);
  const auto shift_r = hn::Set(d, map.shift[0]), shift_c = hn::Set(d, map.shift[1]);
  const auto last = hn::Set(d, map.width - 1);
  for (int i = 0; i < map.width; i += lanes) {
    auto x = hn::Iota(d, i);
    if (map.flip_columns) x = hn::Sub(last, x);
    hn::StoreU(hn::Add(hn::Add(down_r, hn::Mul(x, across_r)), shift_r), d, rows + i);
    hn::StoreU(hn::Add(hn::Add(down_c, hn::Mul(x, across_c)), shift_c), d, columns + i);
  }
}

void AffineTaps(const AffineMap& map, const double* rows, const double* columns, int32_t* first, float* down,
                float* across) {
  const F64 d;
  const F32 d32;
  const I32 di;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto zero = hn::Zero(d), half = hn::Set(d, 0.5);
  const auto last_row = hn::Set(d, map.height - 1), last_column = hn::Set(d, map.width - 1);
  // Two neighbors are read along each axis longer than one pixel.
  const auto max_row = hn::Set(d, std::max(map.height - 2, 0)), max_column = hn::Set(d, std::max(map.width - 2, 0));
  const auto width = hn::Set(d, map.width), none = hn::Set(d, -1.0);
  for (int i = 0; i < map.width; i += lanes) {
    const auto at_row = hn::LoadU(d, rows + i), at_column = hn::LoadU(d, columns + i);
    const auto r = hn::Min(hn::Max(at_row, zero), last_row), c = hn::Min(hn::Max(at_column, zero), last_column);
    auto row = hn::Min(hn::Floor(r), max_row), column = hn::Min(hn::Floor(c), max_column);
    if (!map.interpolate) {
      row = hn::Min(hn::Floor(hn::Add(r, half)), last_row);
      column = hn::Min(hn::Floor(hn::Add(c, half)), last_column);
    }
    auto number = hn::Add(hn::Mul(row, width), column);
    if (map.fill_mode == FillMode::kConstant) {
      number = hn::IfThenElse(hn::Or(hn::Eq(at_row, none), hn::Eq(at_column, none)), none, number);
    }
    hn::StoreU(hn::DemoteTo(di, number), di, first + i);
    hn::StoreU(hn::DemoteTo(d32, hn::Sub(r, row)), d32, down + i);
    hn::StoreU(hn::DemoteTo(d32, hn::Sub(c, column)), d32, across + i);
  }
}

// `load` returns a pixel and its right neighbor, if any.
template <class Load>
HWY_INLINE void BlendRow(const AffineMap& map, const int32_t* first, const float* down, const float* across, Load load,
                         float* out) {
  const F4 d;
  const auto fill = hn::Set(d, map.fill_value);
  const int below = map.height > 1 ? map.width : 0;
  for (int i = 0; i < map.width; ++i, out += 4) {
    if (first[i] < 0) {
      hn::StoreU(fill, d, out);
      continue;
    }
    hn::Vec<F4> upper_left, upper_right;
    load(first[i], upper_left, upper_right);
    if (!map.interpolate) {
      hn::StoreU(upper_left, d, out);
      continue;
    }
    hn::Vec<F4> lower_left, lower_right;
    load(first[i] + below, lower_left, lower_right);
    const auto y = hn::Set(d, down[i]), x = hn::Set(d, across[i]);
    const auto left = hn::Add(upper_left, hn::Mul(y, hn::Sub(lower_left, upper_left)));
    const auto right = hn::Add(upper_right, hn::Mul(y, hn::Sub(lower_right, upper_right)));
    hn::StoreU(hn::Add(left, hn::Mul(x, hn::Sub(right, left))), d, out);
  }
}

void BlendBytes(const AffineMap& map, const uint8_t* image, int channels, const int32_t* first, const float* down,
                const float* across, float* out) {
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<int32_t, 4> d32;
  const F4 d;
  alignas(16) uint8_t left[16], right[16];  // each pixel's bytes, moved to the low bytes of four numbers
  for (int b = 0; b < 16; ++b) {
    const int channel = b / 4;
    const bool used = b % 4 == 0 && channel < channels;
    left[b] = static_cast<uint8_t>(used ? channel : 128);
    right[b] = static_cast<uint8_t>(used ? channel + (map.width > 1 ? channels : 0) : 128);
  }
  const auto order_left = hn::Load(d8, left), order_right = hn::Load(d8, right);
  const auto load = [&](int pixel, hn::Vec<F4>& a, hn::Vec<F4>& b) HWY_ATTR {
    const auto bytes = hn::LoadU(d8, image + static_cast<size_t>(pixel) * channels);
    a = hn::ConvertTo(d, hn::BitCast(d32, hn::TableLookupBytesOr0(bytes, order_left)));
    b = hn::ConvertTo(d, hn::BitCast(d32, hn::TableLookupBytesOr0(bytes, order_right)));
  };
  BlendRow(map, first, down, across, load, out);
}

void BlendFloats(const AffineMap& map, const float* image, const int32_t* first, const float* down, const float* across,
                 float* out) {
  const F4 d;
  const int beside = map.width > 1 ? 4 : 0;
  const auto load = [&](int pixel, hn::Vec<F4>& a, hn::Vec<F4>& b) HWY_ATTR {
    const float* at = image + 4 * static_cast<size_t>(pixel);
    a = hn::LoadU(d, at);
    b = hn::LoadU(d, at + beside);
  };
  BlendRow(map, first, down, across, load, out);
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(AffineCoordinates);
HWY_EXPORT(AffineTaps);
HWY_EXPORT(BlendBytes);
HWY_EXPORT(BlendFloats);

void affine_coordinates(const AffineMap& map, int y, double* rows, double* columns) {
  HWY_DYNAMIC_DISPATCH(AffineCoordinates)(map, y, rows, columns);
}
void affine_taps(const AffineMap& map, const double* rows, const double* columns, int32_t* first, float* down,
                 float* across) {
  HWY_DYNAMIC_DISPATCH(AffineTaps)(map, rows, columns, first, down, across);
}
void blend_bytes(const AffineMap& map, const uint8_t* image, int channels, const int32_t* first, const float* down,
                 const float* across, float* out) {
  HWY_DYNAMIC_DISPATCH(BlendBytes)(map, image, channels, first, down, across, out);
}
void blend_floats(const AffineMap& map, const float* image, const int32_t* first, const float* down,
                  const float* across, float* out) {
  HWY_DYNAMIC_DISPATCH(BlendFloats)(map, image, first, down, across, out);
}

}  // namespace fastseq::kernels
#endif
