#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cv2.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <cstring>

#include "kernels/cv2.h"
#include "kernels/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

void Cv2HorizontalSums4(const uint8_t* row, const PairTable& table, int16_t* out) {
  const B16 d16;
  const B32 d32;
  const B8 d8;
  // Bytes 0-7 are two pixels: pairs each channel of the first with that of the second, as 16-bit lanes.
  alignas(16) static constexpr uint8_t kPairs[16] = {0, 128, 4, 128, 1, 128, 5, 128, 2, 128, 6, 128, 3, 128, 7, 128};
  const auto pairs = hn::Load(d8, kPairs);
  const int n = table.size();
  const int32_t* low = table.low.data();
  const int16_t* weights = table.replicated.data();
  const auto sum_at = [&](int k) HWY_ATTR {
    const auto bytes = hn::LoadU(d8, row + 4 * static_cast<size_t>(low[k]));
    const auto lanes = hn::BitCast(d16, hn::TableLookupBytesOr0(bytes, pairs));
    return hn::ShiftRight<4>(multiply_pairs(d32, lanes, hn::LoadU(d16, weights + 8 * static_cast<size_t>(k))));
  };
  int i = 0;
  for (; i + 2 <= n; i += 2) {
    hn::StoreU(hn::ReorderDemote2To(d16, sum_at(i), sum_at(i + 1)), d16, out + 4 * static_cast<size_t>(i));
  }
  if (i < n) hn::StoreU(hn::DemoteTo(hn::Half<B16>(), sum_at(i)), hn::Half<B16>(), out + 4 * static_cast<size_t>(i));
}

void Cv2VerticalSums(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count,
                     int16_t* out) {
  const D16 d16;
  const D32 d32;
  const D8 d8;
  const int lanes = static_cast<int>(hn::Lanes(d16));
  const auto w = hn::BitCast(d16, hn::Set(d32, weight_pair(weight_low, weight_high)));
  for (int x = 0; x < count; x += lanes) {
    const auto a = hn::PromoteTo(d16, hn::LoadU(d8, low + x));
    const auto b = hn::PromoteTo(d16, hn::LoadU(d8, high + x));
    const auto first = hn::ShiftRight<4>(multiply_pairs(d32, hn::InterleaveLower(d16, a, b), w));
    const auto second = hn::ShiftRight<4>(multiply_pairs(d32, hn::InterleaveUpper(d16, a, b), w));
    hn::StoreU(hn::ReorderDemote2To(d16, first, second), d16, out + x);
  }
}

// ((low * w0 >> 16) + (high * w1 >> 16) + 2) >> 2
template <class D, class V>
HWY_INLINE hn::Vec<D> cv2_blend(D d, V low, V high, V w0, V w1) {
  return hn::ShiftRight<2>(hn::Add(hn::Add(hn::MulHigh(low, w0), hn::MulHigh(high, w1)), hn::Set(d, 2)));
}

void Cv2HorizontalBytes4(const int16_t* in, const PairTable& table, uint8_t* out) {
  const hn::Half<B16> d;
  const hn::FixedTag<uint8_t, 4> d8;
  const int n = table.size();
  for (int i = 0; i < n; ++i) {
    const auto low = hn::LoadU(d, in + 4 * static_cast<size_t>(table.low[i]));
    const auto high = hn::LoadU(d, in + 4 * static_cast<size_t>(table.high[i]));
    const auto v = cv2_blend(d, low, high, hn::Set(d, table.weight_low[i]), hn::Set(d, table.weight_high[i]));
    hn::StoreU(hn::DemoteTo(d8, v), d8, out + 4 * static_cast<size_t>(i));
  }
}

void Cv2VerticalBytes(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count,
                      uint8_t* out) {
  const D16 d;
  const auto w0 = hn::Set(d, static_cast<int16_t>(weight_low)), w1 = hn::Set(d, static_cast<int16_t>(weight_high));
  for_pixels(count, static_cast<int>(hn::Lanes(d)), 1, out, [&](int i, uint8_t* to) HWY_ATTR {
    const auto v = cv2_blend(d, hn::LoadU(d, low + i), hn::LoadU(d, high + i), w0, w1);
    hn::StoreU(hn::DemoteTo(D8(), v), D8(), to);
  });
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(Cv2HorizontalSums4);
HWY_EXPORT(Cv2VerticalSums);
HWY_EXPORT(Cv2HorizontalBytes4);
HWY_EXPORT(Cv2VerticalBytes);

void cv2_horizontal(const uint8_t* row, int pixel_size, const PairTable& table, int16_t* out) {
  if (pixel_size == 4) return HWY_DYNAMIC_DISPATCH(Cv2HorizontalSums4)(row, table, out);
  for (int i = 0; i < table.size(); ++i) {
    const int sum = row[table.low[i]] * table.weight_low[i] + row[table.high[i]] * table.weight_high[i];
    out[i] = static_cast<int16_t>(sum >> 4);
  }
}
void cv2_vertical(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2VerticalSums)(low, high, weight_low, weight_high, count, out);
}
void cv2_horizontal(const int16_t* in, int pixel_size, const PairTable& table, uint8_t* out) {
  if (pixel_size == 4) return HWY_DYNAMIC_DISPATCH(Cv2HorizontalBytes4)(in, table, out);
  for (int i = 0; i < table.size(); ++i) {
    const int low = in[table.low[i]] * table.weight_low[i] >> 16;
    const int high = in[table.high[i]] * table.weight_high[i] >> 16;
    out[i] = static_cast<uint8_t>((low + high + 2) >> 2);
  }
}
void cv2_vertical(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2VerticalBytes)(low, high, weight_low, weight_high, count, out);
}
void mean_2x2(const uint8_t* low, const uint8_t* high, int pixel_size, const PairTable& table, uint8_t* out) {
  for (int i = 0; i < table.size(); ++i) {
    const size_t a = static_cast<size_t>(table.low[i]) * pixel_size,
                 b = static_cast<size_t>(table.high[i]) * pixel_size;
    for (int c = 0; c < pixel_size; ++c) {
      *out++ = static_cast<uint8_t>((low[a + c] + low[b + c] + high[a + c] + high[b + c] + 2) >> 2);
    }
  }
}
void pick_gray(const uint8_t* row, const PairTable& table, uint8_t* out) {
  for (int i = 0; i < table.size(); ++i) out[i] = row[table.low[i]];
}
void pick_colors(const uint8_t* row, const PairTable& table, uint8_t* out) {
  const int last = table.size() - 1;
  const int32_t* low = table.low.data();
  for (int i = 0; i < last; ++i, out += 3) std::memcpy(out, row + 4 * static_cast<size_t>(low[i]), 4);
  std::memcpy(out, row + 4 * static_cast<size_t>(low[last]), 3);
}

}  // namespace fastseq::kernels
#endif
