#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cv2_area_horizontal.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/cv2_area-inl.h"
#include "kernels/cv2_area.h"
#include "kernels/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

using BF32 = hn::FixedTag<float, 4>;

// Passes the sums of four outputs at a time to `store`. Pixels have as many channels as D has lanes.
template <class D, class Store>
HWY_INLINE void sum_horizontal(D d, const hn::TFromD<D>* row, const Cv2AreaTable& table, Store store) {
  constexpr int kChannels = static_cast<int>(hn::MaxLanes(D()));
  const int taps = table.taps(0), step = kChannels * table.step;
  for (int i = 0; i < table.size; i += kEntryStep) {
    const hn::TFromD<D>* pixels[kEntryStep];
    for (int k = 0; k < kEntryStep; ++k) pixels[k] = row + kChannels * static_cast<ptrdiff_t>(table.first[i + k]);
    const float* weights = table.weights_of(i);
    auto sum0 = load_term(d, pixels[0], weights[0]);
    auto sum1 = load_term(d, pixels[1], weights[taps]);
    auto sum2 = load_term(d, pixels[2], weights[2 * taps]);
    auto sum3 = load_term(d, pixels[3], weights[3 * taps]);
    ptrdiff_t at = 0;
    for (int t = 1; t < taps; ++t) {
      at += step;
      sum0 = hn::Add(sum0, load_term(d, pixels[0] + at, weights[t]));
      sum1 = hn::Add(sum1, load_term(d, pixels[1] + at, weights[taps + t]));
      sum2 = hn::Add(sum2, load_term(d, pixels[2] + at, weights[2 * taps + t]));
      sum3 = hn::Add(sum3, load_term(d, pixels[3] + at, weights[3 * taps + t]));
    }
    store(i, sum0);
    store(i + 1, sum1);
    store(i + 2, sum2);
    store(i + 3, sum3);
  }
}

// A pixel of one row, and where two rows are filtered side by side, one of the other.
template <class T>
using Rows = hn::FixedTag<T, 4 * kRowBlocks>;

// Widens bytes to lanes of D.
template <class D, class V>
HWY_INLINE void store_widened(D d, V bytes, hn::TFromD<D>* out) {
  const auto wide = hn::PromoteTo(hn::RebindToSigned<D>(), bytes);
  if constexpr (kIsInteger<D>) {
    hn::StoreU(wide, d, out);
  } else {
    hn::StoreU(hn::ConvertTo(d, wide), d, out);
  }
}

#if HWY_ARCH_X86 && HWY_MAX_BYTES >= 32
template <class D>
void WidenRows(const uint8_t* a, const uint8_t* b, int width, hn::TFromD<D>* out) {
  const hn::FixedTag<uint32_t, 4> pixels;
  const hn::Half<B8> half;
  for (int x = 0; x < width; x += 4, a += 16, b += 16, out += 32) {
    const auto first = hn::BitCast(pixels, hn::LoadU(B8(), a)), second = hn::BitCast(pixels, hn::LoadU(B8(), b));
    const auto lower = hn::BitCast(B8(), hn::InterleaveLower(pixels, first, second));
    const auto upper = hn::BitCast(B8(), hn::InterleaveUpper(pixels, first, second));
    store_widened(D(), hn::LowerHalf(half, lower), out);
    store_widened(D(), hn::UpperHalf(half, lower), out + 8);
    store_widened(D(), hn::LowerHalf(half, upper), out + 16);
    store_widened(D(), hn::UpperHalf(half, upper), out + 24);
  }
}

template <class D>
HWY_INLINE void store_rows(D, hn::Vec<D> sums, hn::TFromD<D>* a, hn::TFromD<D>* b) {
  const hn::Half<D> half;
  hn::StoreU(hn::UpperHalf(half, sums), half, b);
  hn::StoreU(hn::LowerHalf(half, sums), half, a);
}
#else
template <class D>
void WidenRows(const uint8_t* a, const uint8_t*, int width, hn::TFromD<D>* out) {
  for (int x = 0; x < width; ++x) store_widened(D(), hn::LoadU(Bytes<D>(), a + 4 * x), out + 4 * x);
}

template <class D>
HWY_INLINE void store_rows(D d, hn::Vec<D> sums, hn::TFromD<D>* a, hn::TFromD<D>*) {
  hn::StoreU(sums, d, a);
}
#endif

template <class D>
void SumHorizontal4(const uint8_t* const* in, int rows, int width, const Cv2AreaTable& table, uint8_t* scratch,
                    uint8_t* const* out) {
  using T = hn::TFromD<D>;
  constexpr int kRows = static_cast<int>(hn::MaxLanes(D())) / 4;
  for (int r = 0; r < rows; r += kRows) {
    const int other = std::min(r + kRows, rows) - 1;
    T* wide = reinterpret_cast<T*>(scratch);
    WidenRows<D>(in[r], in[other], width, wide);
    T* a = reinterpret_cast<T*>(out[r]);
    T* b = reinterpret_cast<T*>(out[other]);
    sum_horizontal(D(), wide, table,
                   [&](int i, hn::Vec<D> sums) HWY_ATTR { store_rows(D(), sums, a + 4 * i, b + 4 * i); });
  }
}

template <class D>
void FinishHorizontal4(const uint8_t* in, const Cv2AreaTable& table, const Cv2AreaRounding& rounding, uint8_t* out) {
  const auto* sums = reinterpret_cast<const hn::TFromD<D>*>(in);
  sum_horizontal(D(), sums, table,
                 [&](int i, hn::Vec<D> sum) HWY_ATTR { store_rounded(D(), sum, rounding, out + 4 * i); });
}

void Cv2AreaSumHorizontal4(const uint8_t* const* in, int rows, int width, const Cv2AreaTable& table, bool integer,
                           uint8_t* scratch, uint8_t* const* out) {
  if (integer) return SumHorizontal4<Rows<int32_t>>(in, rows, width, table, scratch, out);
  SumHorizontal4<Rows<float>>(in, rows, width, table, scratch, out);
}
void Cv2AreaFinishHorizontal4(const uint8_t* in, const Cv2AreaTable& table, const Cv2AreaRounding& rounding,
                              uint8_t* out) {
  if (rounding.integer) return FinishHorizontal4<B32>(in, table, rounding, out);
  FinishHorizontal4<BF32>(in, table, rounding, out);
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {
namespace {

// One channel. Integers may wrap around, as cv2's do.
template <class T, class In>
T sum_column(const In* row, const Cv2AreaTable& table, int i) {
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

uint8_t round_sum(float sum, const Cv2AreaRounding&) {
  return static_cast<uint8_t>(std::clamp(std::lrint(sum), 0L, 255L));
}
uint8_t round_sum(uint32_t sum, const Cv2AreaRounding& rounding) {
  if (rounding.quarter) return static_cast<uint8_t>((sum + 2) >> 2);
  return round_sum(static_cast<float>(static_cast<int32_t>(sum)) * rounding.scale, rounding);
}

template <class T>
void sum_horizontal1(const uint8_t* row, const Cv2AreaTable& table, uint8_t* out) {
  for (int i = 0; i < table.size; ++i) reinterpret_cast<T*>(out)[i] = sum_column<T>(row, table, i);
}

template <class T>
void finish_horizontal1(const uint8_t* in, const Cv2AreaTable& table, const Cv2AreaRounding& rounding, uint8_t* out) {
  const T* sums = reinterpret_cast<const T*>(in);
  for (int i = 0; i < table.size; ++i) out[i] = round_sum(sum_column<T>(sums, table, i), rounding);
}

}  // namespace

HWY_EXPORT(Cv2AreaSumHorizontal4);
HWY_EXPORT(Cv2AreaFinishHorizontal4);

void cv2_area_sum_horizontal(const uint8_t* const* in, int rows, int pixel_size, int width, const Cv2AreaTable& table,
                             bool integer, uint8_t* scratch, uint8_t* const* out) {
  if (pixel_size == 4)
    return HWY_DYNAMIC_DISPATCH(Cv2AreaSumHorizontal4)(in, rows, width, table, integer, scratch, out);
  for (int r = 0; r < rows; ++r) {
    if (integer) {
      sum_horizontal1<uint32_t>(in[r], table, out[r]);
    } else {
      sum_horizontal1<float>(in[r], table, out[r]);
    }
  }
}
void cv2_area_finish_horizontal(const uint8_t* in, int pixel_size, const Cv2AreaTable& table,
                                const Cv2AreaRounding& rounding, uint8_t* out) {
  if (pixel_size == 4) return HWY_DYNAMIC_DISPATCH(Cv2AreaFinishHorizontal4)(in, table, rounding, out);
  if (rounding.integer) return finish_horizontal1<uint32_t>(in, table, rounding, out);
  finish_horizontal1<float>(in, table, rounding, out);
}

}  // namespace fastseq::kernels
#endif
