#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/tf.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "kernels/floats-inl.h"
#include "kernels/tf.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

// A pixel is stored as four lanes; the next pixel overwrites the last of them.
template <class T>
HWY_INLINE void lerp_pixels(const T* row, const LerpTable& table, float* out) {
  const Pixel d;
  const int n = table.size();
  const int32_t* low = table.low.data();
  const int32_t* high = table.high.data();
  const float* fraction = table.fraction.data();
  for (int i = 0; i < n; ++i, out += 3) {
    const auto a = load_values(d, row + 4 * static_cast<size_t>(low[i]));
    const auto b = load_values(d, row + 4 * static_cast<size_t>(high[i]));
    hn::StoreU(hn::Add(a, hn::Mul(hn::Sub(b, a), hn::Set(d, fraction[i]))), d, out);
  }
}

template <class T>
HWY_INLINE void sum_pixels(const T* row, const SumTable& table, float gain, float* out) {
  const Pixel d;
  const auto factor = hn::Set(d, gain);
  const int n = table.size();
  for (int i = 0; i < n; ++i, out += 3) {
    const T* in = row + 4 * static_cast<size_t>(table.first[i]);
    const float* weights = table.entry(i);
    const int taps = table.taps[i];
    auto sum = hn::Zero(d);
    for (int t = 0; t < taps; ++t, in += 4) {
      sum = hn::Add(sum, hn::Mul(load_values(d, in), hn::Set(d, weights[t])));
    }
    hn::StoreU(hn::Mul(sum, factor), d, out);
  }
}

template <class T>
HWY_INLINE void lerp_lines(const T* low, const T* high, float fraction, int count, float* out) {
  for_lanes(Floats(), OneFloat(), count, [=](auto d, int i) HWY_ATTR {
    const auto a = load_values(d, low + i);
    const auto b = load_values(d, high + i);
    hn::StoreU(hn::Add(a, hn::Mul(hn::Sub(b, a), hn::Set(d, fraction))), d, out + i);
  });
}

template <class T>
HWY_INLINE void add_line(const T* row, float weight, bool first, float gain, int count, float* sums) {
  for_lanes(Floats(), OneFloat(), count, [=](auto d, int i) HWY_ATTR {
    const auto before = first ? hn::Zero(d) : hn::LoadU(d, sums + i);
    const auto sum = hn::Add(before, hn::Mul(load_values(d, row + i), hn::Set(d, weight)));
    hn::StoreU(hn::Mul(sum, hn::Set(d, gain)), d, sums + i);
  });
}

void LerpHorizontalU8(const uint8_t* row, const LerpTable& table, float* out) { lerp_pixels(row, table, out); }
void LerpHorizontalF32(const float* row, const LerpTable& table, float* out) { lerp_pixels(row, table, out); }
void SumHorizontalU8(const uint8_t* row, const SumTable& table, float gain, float* out) {
  sum_pixels(row, table, gain, out);
}
void SumHorizontalF32(const float* row, const SumTable& table, float gain, float* out) {
  sum_pixels(row, table, gain, out);
}
void LerpVerticalU8(const uint8_t* low, const uint8_t* high, float fraction, int count, float* out) {
  lerp_lines(low, high, fraction, count, out);
}
void LerpVerticalF32(const float* low, const float* high, float fraction, int count, float* out) {
  lerp_lines(low, high, fraction, count, out);
}
void AddRowU8(const uint8_t* row, float weight, bool first, float gain, int count, float* sums) {
  add_line(row, weight, first, gain, count, sums);
}
void AddRowF32(const float* row, float weight, bool first, float gain, int count, float* sums) {
  add_line(row, weight, first, gain, count, sums);
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {
namespace {

template <class T>
void lerp_gray(const T* row, const LerpTable& table, float* out) {
  for (int i = 0; i < table.size(); ++i) {
    const float a = row[table.low[i]], b = row[table.high[i]];
    out[i] = a + (b - a) * table.fraction[i];
  }
}

template <class T>
void sum_gray(const T* row, const SumTable& table, float gain, float* out) {
  for (int i = 0; i < table.size(); ++i) {
    const T* in = row + table.first[i];
    const float* weights = table.entry(i);
    float sum = 0;
    for (int t = 0; t < table.taps[i]; ++t) sum += static_cast<float>(in[t]) * weights[t];
    out[i] = sum * gain;
  }
}

}  // namespace

HWY_EXPORT(LerpHorizontalU8);
HWY_EXPORT(LerpHorizontalF32);
HWY_EXPORT(SumHorizontalU8);
HWY_EXPORT(SumHorizontalF32);
HWY_EXPORT(LerpVerticalU8);
HWY_EXPORT(LerpVerticalF32);
HWY_EXPORT(AddRowU8);
HWY_EXPORT(AddRowF32);

void lerp_horizontal(const uint8_t* row, int pixel_size, const LerpTable& table, float* out) {
  pixel_size == 4 ? HWY_DYNAMIC_DISPATCH(LerpHorizontalU8)(row, table, out) : lerp_gray(row, table, out);
}
void lerp_horizontal(const float* row, int pixel_size, const LerpTable& table, float* out) {
  pixel_size == 4 ? HWY_DYNAMIC_DISPATCH(LerpHorizontalF32)(row, table, out) : lerp_gray(row, table, out);
}
void sum_horizontal(const uint8_t* row, int pixel_size, const SumTable& table, float gain, float* out) {
  pixel_size == 4 ? HWY_DYNAMIC_DISPATCH(SumHorizontalU8)(row, table, gain, out) : sum_gray(row, table, gain, out);
}
void sum_horizontal(const float* row, int pixel_size, const SumTable& table, float gain, float* out) {
  pixel_size == 4 ? HWY_DYNAMIC_DISPATCH(SumHorizontalF32)(row, table, gain, out) : sum_gray(row, table, gain, out);
}
void lerp_vertical(const uint8_t* low, const uint8_t* high, float fraction, int count, float* out) {
  HWY_DYNAMIC_DISPATCH(LerpVerticalU8)(low, high, fraction, count, out);
}
void lerp_vertical(const float* low, const float* high, float fraction, int count, float* out) {
  HWY_DYNAMIC_DISPATCH(LerpVerticalF32)(low, high, fraction, count, out);
}
void add_row(const uint8_t* row, float weight, bool first, float gain, int count, float* sums) {
  HWY_DYNAMIC_DISPATCH(AddRowU8)(row, weight, first, gain, count, sums);
}
void add_row(const float* row, float weight, bool first, float gain, int count, float* sums) {
  HWY_DYNAMIC_DISPATCH(AddRowF32)(row, weight, first, gain, count, sums);
}

}  // namespace fastseq::kernels
#endif
