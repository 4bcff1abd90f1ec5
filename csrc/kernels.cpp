#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels.cpp"
#include "kernels.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::ScalableTag<int16_t>;
using D32 = hn::ScalableTag<int32_t>;
using D8 = hn::Rebind<uint8_t, D16>;  // as many bytes as D16 has lanes
using B16 = hn::FixedTag<int16_t, 8>;  // one block of 128 bits
using B32 = hn::FixedTag<int32_t, 4>;
using B8 = hn::FixedTag<uint8_t, 16>;

// a[2i] * b[2i] + a[2i + 1] * b[2i + 1]
template <class Out, class V>
HWY_INLINE hn::Vec<Out> multiply_pairs(Out d32, V a, V b) {
#if HWY_ARCH_X86
  auto unused = hn::Zero(d32);
  return hn::ReorderWidenMulAccumulate(d32, a, b, hn::Zero(d32), unused);
#else
  const auto a32 = hn::BitCast(d32, a), b32 = hn::BitCast(d32, b);
  const auto even = [](auto v) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  return hn::Add(hn::Mul(even(a32), even(b32)), hn::Mul(hn::ShiftRight<16>(a32), hn::ShiftRight<16>(b32)));
#endif
}

HWY_INLINE int32_t weight_pair(int low, int high) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(high)) << 16 | static_cast<uint16_t>(low));
}

void FilterRows(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out) {
  const D16 d16;
  const D32 d32;
  const D8 d8;
  const int lanes = static_cast<int>(hn::Lanes(d16));
  const auto round = hn::Set(d32, 1 << (kWeightBits - kFractionBits - 1));
  for (int x = 0; x < count; x += lanes) {
    auto sum_low = round, sum_high = round;
    for (int t = 0; t < taps; t += 2) {
      const bool pair = t + 1 < taps;
      const auto a = hn::PromoteTo(d16, hn::LoadU(d8, rows[t] + x));
      const auto b = pair ? hn::PromoteTo(d16, hn::LoadU(d8, rows[t + 1] + x)) : hn::Zero(d16);
      const auto w = hn::BitCast(d16, hn::Set(d32, weight_pair(weights[t], pair ? weights[t + 1] : 0)));
      sum_low = hn::Add(sum_low, multiply_pairs(d32, hn::InterleaveLower(d16, a, b), w));
      sum_high = hn::Add(sum_high, multiply_pairs(d32, hn::InterleaveUpper(d16, a, b), w));
    }
    // Interleaving and narrowing both work block by block, so the lanes come back in order.
    const auto low = hn::ShiftRight<kWeightBits - kFractionBits>(sum_low);
    const auto high = hn::ShiftRight<kWeightBits - kFractionBits>(sum_high);
    hn::StoreU(hn::ReorderDemote2To(d16, low, high), d16, out + x);
  }
}

// The weighted sum of one output, spread over four lanes.
HWY_INLINE hn::Vec<B32> column_sum(const int16_t* in, const int16_t* weights, int taps) {
  const B16 d16;
  const B32 d32;
  auto sum = multiply_pairs(d32, hn::LoadU(d16, in), hn::LoadU(d16, weights));
  for (int t = kTapStep; t < taps; t += kTapStep) {
    sum = hn::Add(sum, multiply_pairs(d32, hn::LoadU(d16, in + t), hn::LoadU(d16, weights + t)));
  }
  return sum;
}

// Four outputs at a time; the table's entries are padded to that. `taps` is a constant where one step is enough.
template <class Taps>
HWY_INLINE void filter_columns_with(const int16_t* in, const FilterTable& table, Taps taps, int16_t* out) {
  const B32 d32;
  const hn::Half<B16> d16;
  const auto round = hn::Set(d32, 1 << (kWeightBits - 1));
  const int32_t* first = table.first.data();
  const int16_t* weights = table.weights.data();
  const size_t stride = static_cast<size_t>(table.stride);
  const auto sum_at = [&](int i) HWY_ATTR { return column_sum(in + first[i], weights + stride * i, taps(i)); };
  const auto fold = [&](auto a, auto b) HWY_ATTR {
    return hn::Add(hn::InterleaveLower(d32, a, b), hn::InterleaveUpper(d32, a, b));
  };
  for (int i = 0; i < table.size; i += kEntryStep) {
    const auto ab = fold(sum_at(i), sum_at(i + 1));
    const auto cd = fold(sum_at(i + 2), sum_at(i + 3));
    const auto sums = hn::Add(hn::ConcatLowerLower(d32, cd, ab), hn::ConcatUpperUpper(d32, cd, ab));
    hn::StoreU(hn::DemoteTo(d16, hn::ShiftRight<kWeightBits>(hn::Add(sums, round))), d16, out + i);
  }
}

void FilterColumns(const int16_t* in, const FilterTable& table, int16_t* out) {
  if (table.stride == kTapStep) {
    filter_columns_with(in, table, [](int) { return kTapStep; }, out);
  } else {
    filter_columns_with(in, table, [&table](int i) { return table.taps[i]; }, out);
  }
}

// Writes `count` pixels, of which `store(i, out)` writes one vector's worth at i; the last ones by way of a copy.
template <class Store>
HWY_INLINE void for_pixels(int count, int lanes, int bytes, uint8_t* out, Store store) {
  int i = 0;
  for (; i + lanes <= count; i += lanes) store(i, out + static_cast<size_t>(i) * bytes);
  if (i < count) {
    uint8_t rest[4 * HWY_MAX_BYTES];
    store(i, rest);
    std::memcpy(out + static_cast<size_t>(i) * bytes, rest, static_cast<size_t>(count - i) * bytes);
  }
}

template <class V>
HWY_INLINE hn::Vec<D8> to_bytes(V v) {
  const auto half = hn::Set(D16(), 1 << (kFractionBits - 1));
  return hn::DemoteTo(D8(), hn::ShiftRight<kFractionBits>(hn::Add(v, half)));
}

// JFIF: R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with Cb and Cr about 128.
uint64_t YccToRgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out) {
  const D16 d;
  const D32 d32;
  auto excess = hn::Zero(d32);
  const auto white = hn::Set(d, 255 << kFractionBits);
  const int lanes = static_cast<int>(hn::Lanes(d));
  auto inside = hn::FirstN(d, hn::Lanes(d));  // lanes past the row hold anything
  const auto finish = [&](auto v) HWY_ATTR {
    const auto over = hn::IfThenElseZero(inside, hn::Sub(v, hn::Min(hn::Max(v, hn::Zero(d)), white)));
    const auto beyond = hn::ShiftRight<kFractionBits - 3>(over);
    excess = hn::Add(excess, multiply_pairs(d32, beyond, beyond));
    return to_bytes(v);
  };
  const auto centre = hn::Set(d, 128 << kFractionBits);
  const auto r_cr = hn::Set(d, 13173);   // 0.402 * 2^15; the rest of 1.402 is added
  const auto g_cb = hn::Set(d, -11277);  // -0.344136 * 2^15
  const auto g_cr = hn::Set(d, -23401);  // -0.714136 * 2^15
  const auto b_cb = hn::Set(d, 25297);   // 0.772 * 2^15
  for_pixels(count, lanes, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    if (count - i < lanes) inside = hn::FirstN(d, static_cast<size_t>(count - i));
    const auto luma = hn::LoadU(d, y + i);
    const auto blue = hn::Sub(hn::LoadU(d, cb + i), centre);
    const auto red = hn::Sub(hn::LoadU(d, cr + i), centre);
    const auto r = finish(hn::Add(hn::Add(luma, red), hn::MulFixedPoint15(red, r_cr)));
    const auto g = finish(hn::Add(luma, hn::Add(hn::MulFixedPoint15(blue, g_cb), hn::MulFixedPoint15(red, g_cr))));
    const auto b = finish(hn::Add(hn::Add(luma, blue), hn::MulFixedPoint15(blue, b_cb)));
    if (bgr) {
      hn::StoreInterleaved3(b, g, r, D8(), to);
    } else {
      hn::StoreInterleaved3(r, g, b, D8(), to);
    }
  });
  return static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(d32, excess)));
}

void PlanesToRgb(const int16_t* a, const int16_t* b, const int16_t* c, int count, uint8_t* out) {
  const D16 d;
  for_pixels(count, static_cast<int>(hn::Lanes(d)), 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    hn::StoreInterleaved3(to_bytes(hn::LoadU(d, a + i)), to_bytes(hn::LoadU(d, b + i)), to_bytes(hn::LoadU(d, c + i)),
                          D8(), to);
  });
}

void PlaneToGray(const int16_t* a, int count, uint8_t* out) {
  const D16 d;
  for_pixels(count, static_cast<int>(hn::Lanes(d)), 1, out,
             [&](int i, uint8_t* to) HWY_ATTR { hn::StoreU(to_bytes(hn::LoadU(d, a + i)), D8(), to); });
}

void RepeatGray(const uint8_t* gray, int count, uint8_t* out) {
  const B8 d;
  for_pixels(count, 16, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    const auto v = hn::LoadU(d, gray + i);
    hn::StoreInterleaved3(v, v, v, d, to);
  });
}

void Split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  const B8 d;
  for (int i = 0; i < count; i += 16) {
    hn::Vec<B8> va, vb, vc, unused;
    hn::LoadInterleaved4(d, in + 4 * static_cast<size_t>(i), va, vb, vc, unused);
    hn::StoreU(va, d, a + i);
    hn::StoreU(vb, d, b + i);
    hn::StoreU(vc, d, c + i);
  }
}

void Narrow4To3(const uint8_t* in, int count, uint8_t* out) {
  const B8 d;
  for_pixels(count, 16, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    hn::Vec<B8> a, b, c, unused;
    hn::LoadInterleaved4(d, in + 4 * static_cast<size_t>(i), a, b, c, unused);
    hn::StoreInterleaved3(a, b, c, d, to);
  });
}

void Cv2FirstColumns4(const uint8_t* row, const PairTable& table, int16_t* out) {
  const B16 d16;
  const B32 d32;
  const B8 d8;
  // Bytes 0-7 are two pixels; each channel of the first beside that of the second, as 16-bit lanes.
  alignas(16) static constexpr uint8_t kPairs[16] = {0, 128, 4, 128, 1, 128, 5, 128, 2, 128, 6, 128, 3, 128, 7, 128};
  const auto pairs = hn::Load(d8, kPairs);
  const int n = table.size();
  const int32_t* low = table.low.data();
  const int16_t* weights = table.spread.data();
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

void Cv2FirstRows(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count, int16_t* out) {
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

void Cv2SecondColumns4(const int16_t* in, const PairTable& table, uint8_t* out) {
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

void Cv2SecondRows(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count, uint8_t* out) {
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

HWY_EXPORT(FilterRows);
HWY_EXPORT(FilterColumns);
HWY_EXPORT(YccToRgb);
HWY_EXPORT(PlanesToRgb);
HWY_EXPORT(PlaneToGray);
HWY_EXPORT(RepeatGray);
HWY_EXPORT(Split4);
HWY_EXPORT(Narrow4To3);
HWY_EXPORT(Cv2FirstColumns4);
HWY_EXPORT(Cv2FirstRows);
HWY_EXPORT(Cv2SecondColumns4);
HWY_EXPORT(Cv2SecondRows);

void filter_rows(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(FilterRows)(rows, weights, taps, count, out);
}
void filter_columns(const int16_t* in, const FilterTable& table, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(FilterColumns)(in, table, out);
}
uint64_t ycc_to_rgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(YccToRgb)(y, cb, cr, count, bgr, out);
}
void planes_to_rgb(const int16_t* a, const int16_t* b, const int16_t* c, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(PlanesToRgb)(a, b, c, count, out);
}
void plane_to_gray(const int16_t* a, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(PlaneToGray)(a, count, out); }
void repeat_gray(const uint8_t* gray, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(RepeatGray)(gray, count, out); }
void split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  HWY_DYNAMIC_DISPATCH(Split4)(in, count, a, b, c);
}
void narrow4to3(const uint8_t* in, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(Narrow4To3)(in, count, out); }

void split3(const uint8_t* in, int count, bool swap, uint8_t* a, uint8_t* b, uint8_t* c) {
  if (swap) std::swap(a, c);
  for (int i = 0; i < count; ++i, in += 3) {
    a[i] = in[0];
    b[i] = in[1];
    c[i] = in[2];
  }
}
void widen3to4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  const int first = swap ? 2 : 0, third = swap ? 0 : 2;
  for (int i = 0; i < count; ++i, in += 3, out += 4) {
    out[0] = in[first];
    out[1] = in[1];
    out[2] = in[third];
    out[3] = 255;
  }
}

void cv2_first_columns(const uint8_t* row, int pixel, const PairTable& table, int16_t* out) {
  if (pixel == 4) return HWY_DYNAMIC_DISPATCH(Cv2FirstColumns4)(row, table, out);
  for (int i = 0; i < table.size(); ++i) {
    const int sum = row[table.low[i]] * table.weight_low[i] + row[table.high[i]] * table.weight_high[i];
    out[i] = static_cast<int16_t>(sum >> 4);
  }
}
void cv2_first_rows(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2FirstRows)(low, high, weight_low, weight_high, count, out);
}
void cv2_second_columns(const int16_t* in, int pixel, const PairTable& table, uint8_t* out) {
  if (pixel == 4) return HWY_DYNAMIC_DISPATCH(Cv2SecondColumns4)(in, table, out);
  for (int i = 0; i < table.size(); ++i) {
    const int low = in[table.low[i]] * table.weight_low[i] >> 16;
    const int high = in[table.high[i]] * table.weight_high[i] >> 16;
    out[i] = static_cast<uint8_t>((low + high + 2) >> 2);
  }
}
void cv2_second_rows(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2SecondRows)(low, high, weight_low, weight_high, count, out);
}
void mean_2x2(const uint8_t* low, const uint8_t* high, int pixel, const PairTable& table, uint8_t* out) {
  for (int i = 0; i < table.size(); ++i) {
    const size_t a = static_cast<size_t>(table.low[i]) * pixel, b = static_cast<size_t>(table.high[i]) * pixel;
    for (int c = 0; c < pixel; ++c) {
      *out++ = static_cast<uint8_t>((low[a + c] + low[b + c] + high[a + c] + high[b + c] + 2) >> 2);
    }
  }
}
void pick_columns(const uint8_t* row, int pixel, const PairTable& table, uint8_t* out) {
  for (int i = 0; i < table.size(); ++i, out += pixel) {
    std::memcpy(out, row + static_cast<size_t>(table.low[i]) * pixel, pixel);
  }
}

int64_t instruction_sets() { return hwy::SupportedTargets(); }
void disable_instruction_sets(int64_t mask) {
  hwy::DisableTargets(mask);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace fastseq::kernels
#endif
