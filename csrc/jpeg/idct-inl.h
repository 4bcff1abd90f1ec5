// Shared by the inverse DCTs of all sizes. Included once for each instruction set. Sums of two inputs wrap in 16 bits,
// as in libjpeg-turbo's SIMD code.
#if defined(FASTSEQ_IDCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_IDCT_INL_H_
#undef FASTSEQ_IDCT_INL_H_
#else
#define FASTSEQ_IDCT_INL_H_
#endif

#include <hwy/highway.h>

#include "base/pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Each 128-bit block of a vector holds a row of one 8 x 8 block: a vector has the same row of kBlocksPerVector blocks.
#if HWY_HAVE_SCALABLE
constexpr int kBlocksPerVector = 1;
#else
constexpr int kBlocksPerVector = HWY_MAX_BYTES / 16 < 4 ? HWY_MAX_BYTES / 16 : 4;
#endif
using D16 = hn::FixedTag<int16_t, 8 * kBlocksPerVector>;
using D32 = hn::FixedTag<int32_t, 4 * kBlocksPerVector>;
using D8 = hn::FixedTag<uint8_t, 8 * kBlocksPerVector>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

constexpr int kConstBits = 13;  // fraction bits of the cosines
constexpr int kPass1Bits = 2;   // fraction bits between the passes

// Two vectors, interleaved within 128-bit blocks, for multiplication by a pair of constants and addition in 32 bits.
struct Pair {
  V16 low, high;
};
struct Sum {
  // Defaulted, it would lack the instruction set's attribute, and gcc would not inline it.
  HWY_INLINE Sum() {}  // NOLINT(modernize-use-equals-default)
  HWY_INLINE Sum(V32 l, V32 h) : low(l), high(h) {}
  V32 low, high;
};

HWY_INLINE Pair interleave(V16 a, V16 b) {
  return {hn::InterleaveLower(D16(), a, b), hn::InterleaveUpper(D16(), a, b)};
}

HWY_INLINE Sum multiply(const Pair& pair, int first, int second) {
  const auto constants = hn::BitCast(D16(), hn::Set(D32(), weight_pair(first, second)));
  return {multiply_pairs(D32(), pair.low, constants), multiply_pairs(D32(), pair.high, constants)};
}

HWY_INLINE Sum operator+(const Sum& a, const Sum& b) { return {hn::Add(a.low, b.low), hn::Add(a.high, b.high)}; }
HWY_INLINE Sum operator-(const Sum& a, const Sum& b) { return {hn::Sub(a.low, b.low), hn::Sub(a.high, b.high)}; }

// v * 2^kBits + round
template <int kBits>
HWY_INLINE Sum widen(V16 v, V32 round) {
  const Pair p = interleave(hn::Zero(D16()), v);
  return {hn::Add(hn::ShiftRight<16 - kBits>(hn::BitCast(D32(), p.low)), round),
          hn::Add(hn::ShiftRight<16 - kBits>(hn::BitCast(D32(), p.high)), round)};
}

// Out of range, libjpeg-turbo's results of the first pass wrap on ARM and saturate elsewhere.
template <int kShift, bool kFirstPass>
HWY_INLINE V16 narrow(const Sum& sum) {
#if HWY_ARCH_ARM
  if (kFirstPass) {
    return hn::ConcatEven(D16(), hn::BitCast(D16(), hn::ShiftRight<kShift>(sum.high)),
                          hn::BitCast(D16(), hn::ShiftRight<kShift>(sum.low)));
  }
#endif
  return hn::ReorderDemote2To(D16(), hn::ShiftRight<kShift>(sum.low), hn::ShiftRight<kShift>(sum.high));
}

// Three perfect shuffles transpose the eight rows.
HWY_INLINE void shuffle(const V16* in, V16* out) {
  for (int i = 0; i < 4; ++i) {
    out[2 * i] = hn::InterleaveLower(D16(), in[i], in[i + 4]);
    out[2 * i + 1] = hn::InterleaveUpper(D16(), in[i], in[i + 4]);
  }
}

HWY_INLINE void transpose(V16* v) {
  V16 a[8], b[8];
  shuffle(v, a);
  shuffle(a, b);
  shuffle(b, v);
}

// Loads all rows of kBlocksPerVector blocks.
HWY_INLINE void load_rows(const int16_t* const* blocks, V16* v) {
#if HWY_HAVE_SCALABLE || HWY_MAX_BYTES <= 16
  for (int r = 0; r < 8; ++r) v[r] = hn::LoadU(D16(), blocks[0] + 8 * r);
#elif HWY_MAX_BYTES <= 32
  for (int r = 0; r < 8; r += 2) {
    const V16 a = hn::LoadU(D16(), blocks[0] + 8 * r), b = hn::LoadU(D16(), blocks[1] + 8 * r);
    v[r] = hn::ConcatLowerLower(D16(), b, a);
    v[r + 1] = hn::ConcatUpperUpper(D16(), b, a);
  }
#else
  for (int r = 0; r < 8; r += 4) {
    const V16 a = hn::LoadU(D16(), blocks[0] + 8 * r), b = hn::LoadU(D16(), blocks[1] + 8 * r);
    const V16 c = hn::LoadU(D16(), blocks[2] + 8 * r), d = hn::LoadU(D16(), blocks[3] + 8 * r);
    // Two rows each of blocks 0 and 2, and of blocks 1 and 3.
    const V16 even = hn::ConcatLowerLower(D16(), c, a), odd = hn::ConcatLowerLower(D16(), d, b);
    v[r] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even);
    v[r + 1] = hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even));
    const V16 even2 = hn::ConcatUpperUpper(D16(), c, a), odd2 = hn::ConcatUpperUpper(D16(), d, b);
    v[r + 2] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd2), even2);
    v[r + 3] = hn::OddEvenBlocks(odd2, hn::SwapAdjacentBlocks(even2));
  }
#endif
}

HWY_INLINE V16 dequantize(V16 row, const int16_t* quant, int r) {
  return hn::Mul(row, hn::LoadDup128(D16(), quant + 8 * r));
}

// Beyond this range, libjpeg's implementations disagree across processors.
HWY_INLINE bool in_range(V16 v) {
  const auto limit = hn::Set(D16(), 8191);
  return hn::AllTrue(D16(), hn::Eq(v, hn::Max(hn::Min(v, limit), hn::Neg(limit))));
}

HWY_INLINE void store_samples(V16 v, uint8_t* out) {
  hn::StoreU(hn::DemoteTo(D8(), hn::Add(v, hn::Set(D16(), 128))), D8(), out);
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
