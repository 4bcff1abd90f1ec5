#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/planar.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "kernels/kernels-inl.h"
#include "kernels/planar.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

void FilterVertical(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out) {
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
    // Interleaving and narrowing both work within blocks, so the lanes come back in order.
    const auto low = hn::ShiftRight<kWeightBits - kFractionBits>(sum_low);
    const auto high = hn::ShiftRight<kWeightBits - kFractionBits>(sum_high);
    hn::StoreU(hn::ReorderDemote2To(d16, low, high), d16, out + x);
  }
}

// The weighted sum of one output, as four partial sums.
HWY_INLINE hn::Vec<B32> column_sum(const int16_t* in, const int16_t* weights, int taps) {
  const B16 d16;
  const B32 d32;
  auto sum = multiply_pairs(d32, hn::LoadU(d16, in), hn::LoadU(d16, weights));
  for (int t = kTapStep; t < taps; t += kTapStep) {
    sum = hn::Add(sum, multiply_pairs(d32, hn::LoadU(d16, in + t), hn::LoadU(d16, weights + t)));
  }
  return sum;
}

// Computes four outputs at a time; entries are padded to that. `taps` is a constant where one step is enough.
template <class Taps>
HWY_INLINE void filter_horizontal_with(const int16_t* in, const TriangleTable& table, Taps taps, int16_t* out) {
  const B32 d32;
  const hn::Half<B16> d16;
  const auto round = hn::Set(d32, 1 << (kWeightBits - 1));
  const int32_t* first = table.first.data();
  const int16_t* weights = table.weights.data();
  const size_t stride = static_cast<size_t>(table.stride);
  const auto sum_at = [&](int i) HWY_ATTR { return column_sum(in + first[i], weights + stride * i, taps(i)); };
  const auto fold = [&](auto a, auto b)
                        HWY_ATTR { return hn::Add(hn::InterleaveLower(d32, a, b), hn::InterleaveUpper(d32, a, b)); };
  for (int i = 0; i < table.size; i += kEntryStep) {
    const auto ab = fold(sum_at(i), sum_at(i + 1));
    const auto cd = fold(sum_at(i + 2), sum_at(i + 3));
    const auto sums = hn::Add(hn::ConcatLowerLower(d32, cd, ab), hn::ConcatUpperUpper(d32, cd, ab));
    hn::StoreU(hn::DemoteTo(d16, hn::ShiftRight<kWeightBits>(hn::Add(sums, round))), d16, out + i);
  }
}

void FilterHorizontal(const int16_t* in, const TriangleTable& table, int16_t* out) {
  if (table.stride == kTapStep) {
    filter_horizontal_with(
        in, table, [](int) { return kTapStep; }, out);
  } else {
    filter_horizontal_with(
        in, table, [&table](int i) { return table.taps[i]; }, out);
  }
}

template <class V>
HWY_INLINE hn::Vec<D8> to_bytes(V v) {
  const auto half = hn::Set(D16(), 1 << (kFractionBits - 1));
  return hn::DemoteTo(D8(), hn::ShiftRight<kFractionBits>(hn::Add(v, half)));
}

// JFIF: R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with Cb and Cr centered at 128.
uint64_t YccToRgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out) {
  const D16 d;
  const D32 d32;
  auto excess = hn::Zero(d32);
  const auto white = hn::Set(d, 255 << kFractionBits);
  const int lanes = static_cast<int>(hn::Lanes(d));
  auto inside = hn::FirstN(d, hn::Lanes(d));  // lanes past the row are undefined
  const auto finish = [&](auto v) HWY_ATTR {
    const auto over = hn::IfThenElseZero(inside, hn::Sub(v, hn::Min(hn::Max(v, hn::Zero(d)), white)));
    const auto eighths = hn::ShiftRight<kFractionBits - 3>(over);
    const auto beyond =
        hn::Min(hn::Max(eighths, hn::Set(d, -255)), hn::Set(d, 255));  // 32 bits hold a row of 22,000 pixels
    excess = hn::Add(excess, multiply_pairs(d32, beyond, beyond));
    return to_bytes(v);
  };
  const auto center = hn::Set(d, 128 << kFractionBits);
  const auto r_cr = hn::Set(d, 13173);   // 0.402 * 2^15; red itself is added
  const auto g_cb = hn::Set(d, -11277);  // -0.344136 * 2^15
  const auto g_cr = hn::Set(d, -23401);  // -0.714136 * 2^15
  const auto b_cb = hn::Set(d, 25297);   // 0.772 * 2^15
  for_pixels(count, lanes, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    if (count - i < lanes) inside = hn::FirstN(d, static_cast<size_t>(count - i));
    const auto luma = hn::LoadU(d, y + i);
    const auto blue = hn::Sub(hn::LoadU(d, cb + i), center);
    const auto red = hn::Sub(hn::LoadU(d, cr + i), center);
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

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(FilterVertical);
HWY_EXPORT(FilterHorizontal);
HWY_EXPORT(YccToRgb);
HWY_EXPORT(PlanesToRgb);
HWY_EXPORT(PlaneToGray);

void filter_vertical(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(FilterVertical)(rows, weights, taps, count, out);
}
void filter_horizontal(const int16_t* in, const TriangleTable& table, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(FilterHorizontal)(in, table, out);
}
uint64_t ycc_to_rgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(YccToRgb)(y, cb, cr, count, bgr, out);
}
void planes_to_rgb(const int16_t* a, const int16_t* b, const int16_t* c, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(PlanesToRgb)(a, b, c, count, out);
}
void plane_to_gray(const int16_t* a, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(PlaneToGray)(a, count, out); }

}  // namespace fastseq::kernels
#endif
