#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pil.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "kernels/kernels-inl.h"
#include "kernels/pil.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

// Combines the sums of both coefficient halves. They may wrap around: the total fits 32 bits.
template <class D>
HWY_INLINE hn::Vec<D> finish_sum(D d32, hn::Vec<D> low, hn::Vec<D> high) {
  const auto sum = hn::Add(hn::Add(hn::ShiftLeft<kPilLowBits>(high), low), hn::Set(d32, 1 << (kPilBits - 1)));
  return hn::ShiftRight<kPilBits>(sum);
}

// Clamps to bytes: of each 128-bit block first those of `lower`, then those of `upper`.
template <class D8>
HWY_INLINE hn::Vec<D8> narrow_blocks(D8 d8, hn::Vec<hn::RepartitionToWide<hn::RebindToSigned<D8>>> lower,
                                     hn::Vec<hn::RepartitionToWide<hn::RebindToSigned<D8>>> upper) {
  const hn::RepartitionToWide<hn::RebindToSigned<D8>> d16;
  alignas(16) static constexpr uint8_t kEven[16] = {0, 2, 4, 6, 8, 10, 12, 14, 128, 128, 128, 128, 128, 128, 128, 128};
  alignas(16) static constexpr uint8_t kEvenAbove[16] = {128, 128, 128, 128, 128, 128, 128, 128,
                                                         0,   2,   4,   6,   8,   10,  12,  14};
  const auto clamp = [&](auto v) HWY_ATTR {
    return hn::BitCast(d8, hn::Min(hn::Max(v, hn::Zero(d16)), hn::Set(d16, int16_t{255})));
  };
  return hn::Or(hn::TableLookupBytesOr0(clamp(lower), hn::LoadDup128(d8, kEven)),
                hn::TableLookupBytesOr0(clamp(upper), hn::LoadDup128(d8, kEvenAbove)));
}

HWY_INLINE int32_t load_pair(const int16_t* pair) {
  int32_t both;
  std::memcpy(&both, pair, sizeof(both));
  return both;
}

void PilVertical(const uint8_t* const* rows, const int16_t* low, const int16_t* high, int taps, int count,
                 uint8_t* out) {
  const hn::ScalableTag<uint8_t> d8;
  const D16 d16;
  const D32 d32;
  const auto zero8 = hn::Zero(d8);
  for_pixels(count, static_cast<int>(hn::Lanes(d8)), 1, out, [&](int x, uint8_t* to) HWY_ATTR {
    auto low0 = hn::Zero(d32), low1 = low0, low2 = low0, low3 = low0;
    auto high0 = low0, high1 = low0, high2 = low0, high3 = low0;
    for (int t = 0; t < taps; t += 2) {
      const auto a = hn::LoadU(d8, rows[t] + x);
      const auto b = hn::LoadU(d8, rows[t + 1 < taps ? t + 1 : t] + x);
      const auto first = hn::InterleaveLower(d8, a, b), second = hn::InterleaveUpper(d8, a, b);
      const auto pairs0 = hn::BitCast(d16, hn::InterleaveLower(d8, first, zero8));
      const auto pairs1 = hn::BitCast(d16, hn::InterleaveUpper(d8, first, zero8));
      const auto pairs2 = hn::BitCast(d16, hn::InterleaveLower(d8, second, zero8));
      const auto pairs3 = hn::BitCast(d16, hn::InterleaveUpper(d8, second, zero8));
      const auto w_low = hn::BitCast(d16, hn::Set(d32, load_pair(low + t)));
      const auto w_high = hn::BitCast(d16, hn::Set(d32, load_pair(high + t)));
      low0 = hn::Add(low0, multiply_pairs(d32, pairs0, w_low));
      low1 = hn::Add(low1, multiply_pairs(d32, pairs1, w_low));
      low2 = hn::Add(low2, multiply_pairs(d32, pairs2, w_low));
      low3 = hn::Add(low3, multiply_pairs(d32, pairs3, w_low));
      high0 = hn::Add(high0, multiply_pairs(d32, pairs0, w_high));
      high1 = hn::Add(high1, multiply_pairs(d32, pairs1, w_high));
      high2 = hn::Add(high2, multiply_pairs(d32, pairs2, w_high));
      high3 = hn::Add(high3, multiply_pairs(d32, pairs3, w_high));
    }
    const auto lower = hn::ReorderDemote2To(d16, finish_sum(d32, low0, high0), finish_sum(d32, low1, high1));
    const auto upper = hn::ReorderDemote2To(d16, finish_sum(d32, low2, high2), finish_sum(d32, low3, high3));
    hn::StoreU(narrow_blocks(d8, lower, upper), d8, to);
  });
}

// Bytes of one row, or of two side by side.
using C8 = hn::FixedTag<uint8_t, 16 * kRowBlocks>;
using C16 = hn::FixedTag<int16_t, 8 * kRowBlocks>;
using C32 = hn::FixedTag<int32_t, 4 * kRowBlocks>;

HWY_INLINE hn::Vec<C8> load_rows(const uint8_t* a, const uint8_t* b) {
#if HWY_ARCH_X86 && HWY_MAX_BYTES >= 32
  return hn::Combine(C8(), hn::LoadU(B8(), b), hn::LoadU(B8(), a));
#else
  (void)b;
  return hn::LoadU(C8(), a);
#endif
}

HWY_INLINE void store_rows(hn::Vec<C8> pixels, uint8_t* a, uint8_t* b) {
#if HWY_ARCH_X86 && HWY_MAX_BYTES >= 32
  hn::StoreU(hn::UpperHalf(B8(), pixels), B8(), b);
  hn::StoreU(hn::LowerHalf(B8(), pixels), B8(), a);
#else
  (void)b;
  hn::StoreU(pixels, C8(), a);
#endif
}

void PilHorizontal4(const uint8_t* const* in, int rows, const PilTable& table, uint8_t* const* out) {
  const C8 d8;
  const C16 d16;
  const C32 d32;
  // Pairs each channel of a pixel with that of the next one, as 16-bit lanes.
  alignas(16) static constexpr uint8_t kFirst[16] = {0, 128, 4, 128, 1, 128, 5, 128, 2, 128, 6, 128, 3, 128, 7, 128};
  alignas(16) static constexpr uint8_t kSecond[16] = {8,  128, 12, 128, 9,  128, 13, 128,
                                                      10, 128, 14, 128, 11, 128, 15, 128};
  const auto first_pair = hn::LoadDup128(d8, kFirst), second_pair = hn::LoadDup128(d8, kSecond);
  const int taps = table.taps[0];
  for (int r = 0; r < rows; r += kRowBlocks) {
    const int other = std::min(r + kRowBlocks, rows) - 1;
    const auto sum_at = [&](int i) HWY_ATTR {
      const size_t offset = 4 * static_cast<size_t>(table.first[i]);
      const uint8_t* a = in[r] + offset;
      const uint8_t* b = in[other] + offset;
      const int16_t* low = table.low_of(i);
      const int16_t* high = table.high_of(i);
      auto low_sum = hn::Zero(d32), high_sum = low_sum;
      const auto add = [&](hn::Vec<C8> pairs, int t) HWY_ATTR {
        const auto lanes = hn::BitCast(d16, pairs);
        const auto w_low = hn::BitCast(d16, hn::Set(d32, load_pair(low + t)));
        const auto w_high = hn::BitCast(d16, hn::Set(d32, load_pair(high + t)));
        low_sum = hn::Add(low_sum, multiply_pairs(d32, lanes, w_low));
        high_sum = hn::Add(high_sum, multiply_pairs(d32, lanes, w_high));
      };
      int t = 0;
      for (; t + 2 < taps; t += 4) {
        const auto pixels = load_rows(a + 4 * t, b + 4 * t);
        add(hn::TableLookupBytesOr0(pixels, first_pair), t);
        add(hn::TableLookupBytesOr0(pixels, second_pair), t + 2);
      }
      if (t < taps) add(hn::TableLookupBytesOr0(load_rows(a + 4 * t, b + 4 * t), first_pair), t);
      return finish_sum(d32, low_sum, high_sum);
    };
    for (int i = 0; i < table.size; i += kEntryStep) {
      const auto lower = hn::ReorderDemote2To(d16, sum_at(i), sum_at(i + 1));
      const auto upper = hn::ReorderDemote2To(d16, sum_at(i + 2), sum_at(i + 3));
      const size_t at = 4 * static_cast<size_t>(i);
      store_rows(narrow_blocks(d8, lower, upper), out[r] + at, out[other] + at);
    }
  }
}

void PilHorizontal1(const uint8_t* in, const PilTable& table, uint8_t* out) {
  const B16 d16;
  const B32 d32;
  const hn::Half<B8> d8;
  const int taps = table.taps[0];
  for (int i = 0; i < table.size; ++i) {
    const uint8_t* samples = in + table.first[i];
    const int16_t* low = table.low_of(i);
    const int16_t* high = table.high_of(i);
    auto low_sum = hn::Zero(d32), high_sum = low_sum;
    for (int t = 0; t < taps; t += kTapStep) {
      const auto lanes = hn::PromoteTo(d16, hn::LoadU(d8, samples + t));
      low_sum = hn::Add(low_sum, multiply_pairs(d32, lanes, hn::LoadU(d16, low + t)));
      high_sum = hn::Add(high_sum, multiply_pairs(d32, lanes, hn::LoadU(d16, high + t)));
    }
    const auto sum = hn::SumOfLanes(d32, hn::Add(hn::ShiftLeft<kPilLowBits>(high_sum), low_sum));
    const int value = hn::GetLane(finish_sum(d32, sum, hn::Zero(d32)));
    out[i] = static_cast<uint8_t>(std::clamp(value, 0, 255));
  }
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(PilVertical);
HWY_EXPORT(PilHorizontal4);
HWY_EXPORT(PilHorizontal1);

void pil_vertical(const uint8_t* const* rows, const int16_t* low, const int16_t* high, int taps, int count,
                  uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(PilVertical)(rows, low, high, taps, count, out);
}
void pil_horizontal(const uint8_t* const* in, int rows, int pixel_size, const PilTable& table, uint8_t* const* out) {
  if (pixel_size == 4) return HWY_DYNAMIC_DISPATCH(PilHorizontal4)(in, rows, table, out);
  for (int r = 0; r < rows; ++r) HWY_DYNAMIC_DISPATCH(PilHorizontal1)(in[r], table, out[r]);
}

}  // namespace fastseq::kernels
#endif
