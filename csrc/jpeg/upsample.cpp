#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/upsample.cpp"
#include "jpeg/upsample.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>

#include "base/pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::CappedTag<int16_t, 32>;
using U16 = hn::RebindToUnsigned<D16>;
using D32 = hn::RepartitionToWide<D16>;
using D8 = hn::Rebind<uint8_t, D16>;
using V16 = hn::Vec<D16>;

HWY_INLINE V16 load(const uint8_t* in) { return hn::PromoteTo(D16(), hn::LoadU(D8(), in)); }

HWY_INLINE V16 three_to_one(V16 a, V16 b) { return hn::Add(hn::Add(a, hn::ShiftLeft<1>(a)), b); }

// Interleaves samples below 256 as bytes.
HWY_INLINE void store_pairs(V16 even, V16 odd, uint8_t* out) {
  hn::StoreU(hn::BitCast(hn::Repartition<uint8_t, D16>(), hn::Or(even, hn::ShiftLeft<8>(odd))),
             hn::Repartition<uint8_t, D16>(), out);
}

void UpsampleH2(const uint8_t* in, int count, uint8_t* out) {
  const D16 d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int i = 0; i < count; i += lanes) {
    const auto here = load(in + i);
    const auto even = hn::Add(three_to_one(here, load(in + i - 1)), hn::Set(d, 1));
    const auto odd = hn::Add(three_to_one(here, load(in + i + 1)), hn::Set(d, 2));
    store_pairs(hn::ShiftRight<2>(even), hn::ShiftRight<2>(odd), out + 2 * static_cast<size_t>(i));
  }
}

void UpsampleH2V2(const uint8_t* near, const uint8_t* far, int count, uint8_t* out) {
  const D16 d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto column = [&](int i) HWY_ATTR { return three_to_one(load(near + i), load(far + i)); };
  for (int i = 0; i < count; i += lanes) {
    const auto here = column(i);
    const auto even = hn::Add(three_to_one(here, column(i - 1)), hn::Set(d, 8));
    const auto odd = hn::Add(three_to_one(here, column(i + 1)), hn::Set(d, 7));
    store_pairs(hn::ShiftRight<4>(even), hn::ShiftRight<4>(odd), out + 2 * static_cast<size_t>(i));
  }
}

void UpsampleV2(const uint8_t* near, const uint8_t* far, bool lower, int count, uint8_t* out) {
  const D16 d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto bias = hn::Set(d, lower ? 2 : 1);
  for (int i = 0; i < count; i += lanes) {
    const auto sum = hn::Add(three_to_one(load(near + i), load(far + i)), bias);
    hn::StoreU(hn::DemoteTo(D8(), hn::ShiftRight<2>(sum)), D8(), out + i);
  }
}

// (a * first + b * second + 2^15) / 2^16
HWY_INLINE V16 weighted_sum(V16 a, V16 b, int first, int second) {
  const D16 d;
  const D32 d32;
  const auto round = hn::Set(d32, 1 << 15);
#if HWY_ARCH_X86
  const auto weights = hn::BitCast(d, hn::Set(d32, weight_pair(first, second)));
  auto unused = hn::Zero(d32);
  const auto low = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d, a, b), weights, round, unused);
  const auto high = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d, a, b), weights, round, unused);
#else
  const auto lower = [&](V16 v) HWY_ATTR {
    return hn::ShiftRight<16>(hn::BitCast(d32, hn::InterleaveLower(d, hn::Zero(d), v)));
  };
  const auto upper = [&](V16 v) HWY_ATTR {
    return hn::ShiftRight<16>(hn::BitCast(d32, hn::InterleaveUpper(d, hn::Zero(d), v)));
  };
  const auto w0 = hn::Set(d32, first), w1 = hn::Set(d32, second);
  const auto low = hn::Add(hn::Add(hn::Mul(lower(a), w0), hn::Mul(lower(b), w1)), round);
  const auto high = hn::Add(hn::Add(hn::Mul(upper(a), w0), hn::Mul(upper(b), w1)), round);
#endif
  return hn::ReorderDemote2To(d, hn::ShiftRight<16>(low), hn::ShiftRight<16>(high));
}

// v * factor / 2^16, rounded
HWY_INLINE V16 scale(V16 v, int factor) {
  const D16 d;
  const auto product = hn::MulHigh(hn::Add(v, v), hn::Set(d, static_cast<int16_t>(factor)));
  return hn::ShiftRight<1>(hn::Add(product, hn::Set(d, 1)));
}

// jdcolor.c with 16-bit factors: the fractional parts, times 2^16.
void YccToPacked4(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int count, bool bgr, uint8_t* out) {
  constexpr int k0402 = 26345;   // R = Y + Cr + 0.402 Cr
  constexpr int k0344 = -22554;  // G = Y - 0.34414 Cb + 0.28586 Cr - Cr
  constexpr int k0286 = 18734;
  constexpr int k0228 = -14942;  // B = Y + 2 Cb - 0.228 Cb
  const D16 d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto center = hn::Set(d, 128), black = hn::Zero(d), white = hn::Set(d, 255);
  const auto opaque = hn::Set(d, static_cast<int16_t>(0xFF00));
  const auto clamp = [&](V16 v) HWY_ATTR { return hn::Min(hn::Max(v, black), white); };
  for (int i = 0; i < count; i += lanes) {
    const auto luma = load(y + i);
    const auto blue = hn::Sub(load(cb + i), center), red = hn::Sub(load(cr + i), center);
    auto r = clamp(hn::Add(luma, hn::Add(red, scale(red, k0402))));
    const auto g = clamp(hn::Add(luma, hn::Sub(weighted_sum(blue, red, k0344, k0286), red)));
    auto b = clamp(hn::Add(luma, hn::Add(hn::Add(blue, blue), scale(blue, k0228))));
    if (bgr) std::swap(r, b);
    const auto first = hn::BitCast(U16(), hn::Or(r, hn::ShiftLeft<8>(g)));
    const auto second = hn::BitCast(U16(), hn::Or(b, opaque));
    hn::StoreInterleaved2(first, second, U16(), reinterpret_cast<uint16_t*>(out + 4 * static_cast<size_t>(i)));
  }
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(UpsampleH2);
HWY_EXPORT(UpsampleH2V2);
HWY_EXPORT(UpsampleV2);
HWY_EXPORT(YccToPacked4);

void upsample_h2(const uint8_t* in, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(UpsampleH2)(in, count, out); }
void upsample_h2v2(const uint8_t* near, const uint8_t* far, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(UpsampleH2V2)(near, far, count, out);
}
void upsample_v2(const uint8_t* near, const uint8_t* far, bool lower, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(UpsampleV2)(near, far, lower, count, out);
}
void upsample_repeat(const uint8_t* in, int times, int count, uint8_t* out) {
  for (int i = 0; i < count; ++i, out += times) std::fill(out, out + times, in[i]);
}
void ycc_to_packed4(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int count, bool bgr, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(YccToPacked4)(y, cb, cr, count, bgr, out);
}

}  // namespace fastseq
#endif
