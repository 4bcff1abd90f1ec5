#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "area_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "area_table.h"
#include "kernels-inl.h"
#include "kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

using F32 = hn::ScalableTag<float>;
using BF32 = hn::FixedTag<float, 4>;
template <class D>
using Bytes = hn::Rebind<uint8_t, D>;  // as many bytes as D has lanes

// Sums are floats (D of float) or, where there are no weights, integers (D of int32_t). cv2 rounds each product and
// each sum, so they stay apart: no fused multiply-add.
template <class D>
constexpr bool kWhole = std::is_same_v<hn::TFromD<D>, int32_t>;

template <class D>
HWY_INLINE hn::Vec<D> load_term(D d, const uint8_t* bytes, float weight) {
  const hn::RebindToSigned<D> d32;
  const auto v = hn::PromoteTo(d32, hn::LoadU(Bytes<D>(), bytes));
  if constexpr (kWhole<D>) {
    return v;
  } else {
    return hn::Mul(hn::ConvertTo(d, v), hn::Set(d, weight));
  }
}

template <class D>
HWY_INLINE hn::Vec<D> load_term(D d, const hn::TFromD<D>* sums, float weight) {
  if constexpr (kWhole<D>) {
    return hn::LoadU(d, sums);
  } else {
    return hn::Mul(hn::LoadU(d, sums), hn::Set(d, weight));
  }
}

template <class D>
HWY_INLINE void store_rounded([[maybe_unused]] D d, hn::Vec<D> sum, const AreaRounding& rounding, uint8_t* out) {
  [[maybe_unused]] const hn::RebindToFloat<D> df;
  const Bytes<D> d8;
  if constexpr (!kWhole<D>) {
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(sum)), d8, out);
  } else if (rounding.quarter) {
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<2>(hn::Add(sum, hn::Set(d, 2)))), d8, out);
  } else {
    const auto mean = hn::Mul(hn::ConvertTo(df, sum), hn::Set(df, rounding.scale));
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(mean)), d8, out);
  }
}

template <class D>
void FirstRows(const uint8_t* const* rows, const float* weights, int taps, int count, uint8_t* out) {
  const D d;
  auto* sums = reinterpret_cast<hn::TFromD<D>*>(out);
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes) {
    auto sum = load_term(d, rows[0] + x, weights[0]);
    for (int t = 1; t < taps; ++t) sum = hn::Add(sum, load_term(d, rows[t] + x, weights[t]));
    hn::StoreU(sum, d, sums + x);
  }
}

template <class D>
void SecondRows(const uint8_t* const* rows, const float* weights, int taps, const AreaRounding& rounding, int count,
                uint8_t* out) {
  const D d;
  const auto load = [&](int t, int x) HWY_ATTR {
    return load_term(d, reinterpret_cast<const hn::TFromD<D>*>(rows[t]) + x, weights[t]);
  };
  for_pixels(count, static_cast<int>(hn::Lanes(d)), 1, out, [&](int x, uint8_t* to) HWY_ATTR {
    auto sum = load(0, x);
    for (int t = 1; t < taps; ++t) sum = hn::Add(sum, load(t, x));
    store_rounded(d, sum, rounding, to);
  });
}

// The sum of an entry's samples, four channels each.
template <class D, class T>
HWY_INLINE hn::Vec<D> sum_columns(D d, const T* row, const AreaTable& table, int taps, int i) {
  const T* pixel = row + 4 * static_cast<ptrdiff_t>(table.first[i]);
  const float* weights = table.weights_of(i);
  const int step = 4 * table.step;
  auto sum = load_term(d, pixel, weights[0]);
  for (int t = 1; t < taps; ++t) sum = hn::Add(sum, load_term(d, pixel += step, weights[t]));
  return sum;
}

template <class D>
void FirstColumns4(const uint8_t* row, const AreaTable& table, uint8_t* out) {
  auto* sums = reinterpret_cast<hn::TFromD<D>*>(out);
  const int taps = table.taps(0);
  for (int i = 0; i < table.size(); ++i, sums += 4) hn::StoreU(sum_columns(D(), row, table, taps, i), D(), sums);
}

template <class D>
void SecondColumns4(const uint8_t* in, const AreaTable& table, const AreaRounding& rounding, uint8_t* out) {
  const auto* sums = reinterpret_cast<const hn::TFromD<D>*>(in);
  const int taps = table.taps(0);
  for (int i = 0; i < table.size(); ++i, out += 4) {
    store_rounded(D(), sum_columns(D(), sums, table, taps, i), rounding, out);
  }
}

void AreaFirstRows(const uint8_t* const* rows, const float* weights, int taps, bool whole, int count, uint8_t* out) {
  if (whole) return FirstRows<D32>(rows, weights, taps, count, out);
  FirstRows<F32>(rows, weights, taps, count, out);
}
void AreaSecondRows(const uint8_t* const* rows, const float* weights, int taps, const AreaRounding& rounding, int count,
                    uint8_t* out) {
  if (rounding.whole) return SecondRows<D32>(rows, weights, taps, rounding, count, out);
  SecondRows<F32>(rows, weights, taps, rounding, count, out);
}
void AreaFirstColumns4(const uint8_t* row, const AreaTable& table, bool whole, uint8_t* out) {
  if (whole) return FirstColumns4<B32>(row, table, out);
  FirstColumns4<BF32>(row, table, out);
}
void AreaSecondColumns4(const uint8_t* in, const AreaTable& table, const AreaRounding& rounding, uint8_t* out) {
  if (rounding.whole) return SecondColumns4<B32>(in, table, rounding, out);
  SecondColumns4<BF32>(in, table, rounding, out);
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {
namespace {

// The same for one channel. Integers may wrap around, as cv2's do.
template <class T, class In>
T sum_column(const In* row, const AreaTable& table, int i) {
  const In* sample = row + table.first[i];
  const float* weights = table.weights_of(i);
  const auto term = [&](int t) {
    const T value = static_cast<T>(sample[static_cast<ptrdiff_t>(t) * table.step]);
    return std::is_same_v<T, float> ? static_cast<T>(value * weights[t]) : value;
  };
  T sum = term(0);
  for (int t = 1; t < table.taps(i); ++t) sum += term(t);
  return sum;
}

uint8_t round_sum(float sum, const AreaRounding&) {
  return static_cast<uint8_t>(std::clamp(std::lrint(sum), 0L, 255L));
}
uint8_t round_sum(uint32_t sum, const AreaRounding& rounding) {
  if (rounding.quarter) return static_cast<uint8_t>((sum + 2) >> 2);
  return round_sum(static_cast<float>(static_cast<int32_t>(sum)) * rounding.scale, rounding);
}

template <class T>
void first_columns1(const uint8_t* row, const AreaTable& table, uint8_t* out) {
  for (int i = 0; i < table.size(); ++i) reinterpret_cast<T*>(out)[i] = sum_column<T>(row, table, i);
}

template <class T>
void second_columns1(const uint8_t* in, const AreaTable& table, const AreaRounding& rounding, uint8_t* out) {
  const T* sums = reinterpret_cast<const T*>(in);
  for (int i = 0; i < table.size(); ++i) out[i] = round_sum(sum_column<T>(sums, table, i), rounding);
}

}  // namespace

HWY_EXPORT(AreaFirstRows);
HWY_EXPORT(AreaSecondRows);
HWY_EXPORT(AreaFirstColumns4);
HWY_EXPORT(AreaSecondColumns4);

void area_first_rows(const uint8_t* const* rows, const float* weights, int taps, bool whole, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(AreaFirstRows)(rows, weights, taps, whole, count, out);
}
void area_second_rows(const uint8_t* const* rows, const float* weights, int taps, const AreaRounding& rounding,
                      int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(AreaSecondRows)(rows, weights, taps, rounding, count, out);
}
void area_first_columns(const uint8_t* row, int pixel, const AreaTable& table, bool whole, uint8_t* out) {
  if (pixel == 4) return HWY_DYNAMIC_DISPATCH(AreaFirstColumns4)(row, table, whole, out);
  if (whole) return first_columns1<uint32_t>(row, table, out);
  first_columns1<float>(row, table, out);
}
void area_second_columns(const uint8_t* in, int pixel, const AreaTable& table, const AreaRounding& rounding,
                         uint8_t* out) {
  if (pixel == 4) return HWY_DYNAMIC_DISPATCH(AreaSecondColumns4)(in, table, rounding, out);
  if (rounding.whole) return second_columns1<uint32_t>(in, table, rounding, out);
  second_columns1<float>(in, table, rounding, out);
}

}  // namespace fastseq::kernels
#endif
