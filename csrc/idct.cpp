#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "idct.cpp"
#include "idct.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Each block of 128 bits holds one row of one 8 x 8 block: a vector has the same row of kTogether blocks.
#if HWY_HAVE_SCALABLE
constexpr int kTogether = 1;
#else
constexpr int kTogether = HWY_MAX_BYTES / 16 < 4 ? HWY_MAX_BYTES / 16 : 4;
#endif
using D16 = hn::FixedTag<int16_t, 8 * kTogether>;
using D32 = hn::FixedTag<int32_t, 4 * kTogether>;
using D8 = hn::FixedTag<uint8_t, 8 * kTogether>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

// The cosines of jidctint.c, times 2^13.
constexpr int kConstBits = 13;
constexpr int kPass1Bits = 2;
constexpr int F_0_298 = 2446, F_0_390 = 3196, F_0_541 = 4433, F_0_765 = 6270, F_0_899 = 7373, F_1_175 = 9633,
              F_1_501 = 12299, F_1_847 = 15137, F_1_961 = 16069, F_2_053 = 16819, F_2_562 = 20995, F_3_072 = 25172;

// Two vectors, interleaved block by block, that are multiplied by a pair of constants and added in 32 bits.
struct Pair {
  V16 low, high;
};
struct Sum {
  V32 low, high;
};

HWY_INLINE Pair interleave(V16 a, V16 b) {
  return {hn::InterleaveLower(D16(), a, b), hn::InterleaveUpper(D16(), a, b)};
}

HWY_INLINE V32 multiply_pairs(V16 a, V16 b) {
#if HWY_ARCH_X86
  auto unused = hn::Zero(D32());
  return hn::ReorderWidenMulAccumulate(D32(), a, b, hn::Zero(D32()), unused);
#else
  const auto a32 = hn::BitCast(D32(), a), b32 = hn::BitCast(D32(), b);
  const auto even = [](V32 v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  return hn::Add(hn::Mul(even(a32), even(b32)), hn::Mul(hn::ShiftRight<16>(a32), hn::ShiftRight<16>(b32)));
#endif
}

HWY_INLINE Sum multiply(const Pair& pair, int first, int second) {
  const uint32_t both = static_cast<uint32_t>(second) << 16 | static_cast<uint16_t>(first);
  const auto constants = hn::BitCast(D16(), hn::Set(D32(), static_cast<int32_t>(both)));
  return {multiply_pairs(pair.low, constants), multiply_pairs(pair.high, constants)};
}

HWY_INLINE Sum operator+(const Sum& a, const Sum& b) { return {hn::Add(a.low, b.low), hn::Add(a.high, b.high)}; }
HWY_INLINE Sum operator-(const Sum& a, const Sum& b) { return {hn::Sub(a.low, b.low), hn::Sub(a.high, b.high)}; }

// v * 2^13 + round
HWY_INLINE Sum widen(V16 v, V32 round) {
  const Pair p = interleave(hn::Zero(D16()), v);
  return {hn::Add(hn::ShiftRight<16 - kConstBits>(hn::BitCast(D32(), p.low)), round),
          hn::Add(hn::ShiftRight<16 - kConstBits>(hn::BitCast(D32(), p.high)), round)};
}

template <int kShift>
HWY_INLINE V16 narrow(const Sum& sum) {
  return hn::ReorderDemote2To(D16(), hn::ShiftRight<kShift>(sum.low), hn::ShiftRight<kShift>(sum.high));
}

// One dimension over v[0..7]. Sums of two inputs wrap in 16 bits and results saturate, as in libjpeg-turbo's SIMD.
// kFew: v[4..7] are zero, and not read.
template <int kShift, bool kFew>
HWY_INLINE void transform(V16* v) {
  const V32 round = hn::Set(D32(), 1 << (kShift - 1));
  Sum even[4], odd[4];
  if (kFew) {
    const Sum dc = widen(v[0], round);
    const Pair p2 = interleave(v[2], hn::Zero(D16()));
    const Sum t3 = multiply(p2, F_0_541 + F_0_765, 0), t2 = multiply(p2, F_0_541, 0);
    even[0] = dc + t3, even[1] = dc + t2, even[2] = dc - t2, even[3] = dc - t3;
    const Pair p13 = interleave(v[1], v[3]);
    odd[0] = multiply(p13, F_1_501 - F_0_899 + F_1_175 - F_0_390, F_1_175);
    odd[1] = multiply(p13, F_1_175, F_3_072 - F_2_562 + F_1_175 - F_1_961);
    odd[2] = multiply(p13, F_1_175 - F_0_390, F_1_175 - F_2_562);
    odd[3] = multiply(p13, F_1_175 - F_0_899, F_1_175 - F_1_961);
  } else {
    const Sum t0 = widen(hn::Add(v[0], v[4]), round), t1 = widen(hn::Sub(v[0], v[4]), round);
    const Pair p26 = interleave(v[2], v[6]);
    const Sum t3 = multiply(p26, F_0_541 + F_0_765, F_0_541), t2 = multiply(p26, F_0_541, F_0_541 - F_1_847);
    even[0] = t0 + t3, even[1] = t1 + t2, even[2] = t1 - t2, even[3] = t0 - t3;
    const Pair z34 = interleave(hn::Add(v[7], v[3]), hn::Add(v[5], v[1]));
    const Sum z3 = multiply(z34, F_1_175 - F_1_961, F_1_175), z4 = multiply(z34, F_1_175, F_1_175 - F_0_390);
    const Pair p71 = interleave(v[7], v[1]), p53 = interleave(v[5], v[3]);
    odd[0] = multiply(p71, -F_0_899, F_1_501 - F_0_899) + z4;
    odd[1] = multiply(p53, -F_2_562, F_3_072 - F_2_562) + z3;
    odd[2] = multiply(p53, F_2_053 - F_2_562, -F_2_562) + z4;
    odd[3] = multiply(p71, F_0_298 - F_0_899, -F_0_899) + z3;
  }
  for (int i = 0; i < 4; ++i) {
    v[i] = narrow<kShift>(even[i] + odd[i]);
    v[7 - i] = narrow<kShift>(even[i] - odd[i]);
  }
}

// Three perfect shuffles of eight rows exchange them with their columns.
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

HWY_INLINE V16 load_row(const int16_t* const* blocks, int row) {
#if HWY_HAVE_SCALABLE || HWY_MAX_BYTES <= 16
  return hn::LoadU(D16(), blocks[0] + 8 * row);
#else
  const hn::FixedTag<int16_t, 8> d8;
  const hn::FixedTag<int16_t, 16> d16;
  const auto low = hn::Combine(d16, hn::LoadU(d8, blocks[1] + 8 * row), hn::LoadU(d8, blocks[0] + 8 * row));
#if HWY_MAX_BYTES <= 32
  return low;
#else
  const auto high = hn::Combine(d16, hn::LoadU(d8, blocks[3] + 8 * row), hn::LoadU(d8, blocks[2] + 8 * row));
  return hn::Combine(D16(), high, low);
#endif
#endif
}

template <bool kFew>
HWY_INLINE bool transform_blocks(const int16_t* const* blocks, const int16_t* quant, uint8_t* const* rows, size_t x) {
  V16 v[8];
  for (int r = 0; r < (kFew ? 4 : 8); ++r) {
    v[r] = hn::Mul(load_row(blocks, r), hn::LoadDup128(D16(), quant + 8 * r));
  }
  // Where only the first row is not zero, libjpeg-turbo's first pass wraps instead of saturating.
  const auto limit = hn::Set(D16(), 8191);
  if (HWY_UNLIKELY(!hn::AllTrue(D16(), hn::Eq(v[0], hn::Max(hn::Min(v[0], limit), hn::Neg(limit)))))) return false;
  transform<kConstBits - kPass1Bits, kFew>(v);
  transpose(v);
  transform<kConstBits + kPass1Bits + 3, kFew>(v);
  transpose(v);
  const auto centre = hn::Set(D16(), 128);
  for (int r = 0; r < 8; ++r) hn::StoreU(hn::DemoteTo(D8(), hn::Add(v[r], centre)), D8(), rows[r] + x);
  return true;
}

HWY_INLINE bool fill_blocks(const int16_t* const* blocks, const int16_t* quant, uint8_t* const* rows, size_t x) {
  uint64_t samples[kTogether];
  for (int i = 0; i < kTogether; ++i) {
    const int dc = static_cast<int16_t>(blocks[i][0] * quant[0]);
    if (dc < -8191 || dc > 8191) return false;
    samples[i] = 0x0101010101010101u * static_cast<uint64_t>(std::clamp(((4 * dc + 16) >> 5) + 128, 0, 255));
  }
  for (int r = 0; r < 8; ++r) std::memcpy(rows[r] + x, samples, sizeof(samples));
  return true;
}

bool IdctBlocks(const int16_t* coefficients, const uint8_t* last, const uint16_t* index, int count,
                const int16_t* quant, uint8_t* const* rows) {
  for (int i = 0; i < count; i += kTogether) {
    const int16_t* blocks[kTogether];
    int furthest = 0;
    for (int j = 0; j < kTogether; ++j) {
      const int block = index[std::min(i + j, count - 1)];
      blocks[j] = coefficients + 64 * block;
      furthest = std::max<int>(furthest, last[block]);
    }
    const size_t x = 8 * static_cast<size_t>(i);
    bool good;
    if (furthest == 0) {
      good = fill_blocks(blocks, quant, rows, x);
    } else if (furthest < 10) {  // within the first four rows and columns
      good = transform_blocks<true>(blocks, quant, rows, x);
    } else {
      good = transform_blocks<false>(blocks, quant, rows, x);
    }
    if (!good) return false;
  }
  return true;
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(IdctBlocks);

bool idct_blocks(const int16_t* coefficients, const uint8_t* last, const uint16_t* index, int count,
                 const int16_t* quant, uint8_t* const* rows) {
  return HWY_DYNAMIC_DISPATCH(IdctBlocks)(coefficients, last, index, count, quant, rows);
}

}  // namespace fastseq
#endif
