#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/idct.cpp"
#include "jpeg/idct.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "jpeg/idct-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

// The cosines of jidctint.c, times 2^13.
constexpr int F_0_298 = 2446, F_0_390 = 3196, F_0_541 = 4433, F_0_765 = 6270, F_0_899 = 7373, F_1_175 = 9633,
              F_1_501 = 12299, F_1_847 = 15137, F_1_961 = 16069, F_2_053 = 16819, F_2_562 = 20995, F_3_072 = 25172;

// One dimension over v[0..7]. With kFew, v[4..7] are zero and not read.
template <int kShift, bool kFew, bool kFirstPass>
HWY_INLINE void transform(V16* v) {
  const V32 round = hn::Set(D32(), 1 << (kShift - 1));
  Sum even[4], odd[4];
  if (kFew) {
    const Sum dc = widen<kConstBits>(v[0], round);
    const Pair p2 = interleave(v[2], hn::Zero(D16()));
    const Sum t3 = multiply(p2, F_0_541 + F_0_765, 0), t2 = multiply(p2, F_0_541, 0);
    even[0] = dc + t3, even[1] = dc + t2, even[2] = dc - t2, even[3] = dc - t3;
    const Pair p13 = interleave(v[1], v[3]);
    odd[0] = multiply(p13, F_1_501 - F_0_899 + F_1_175 - F_0_390, F_1_175);
    odd[1] = multiply(p13, F_1_175, F_3_072 - F_2_562 + F_1_175 - F_1_961);
    odd[2] = multiply(p13, F_1_175 - F_0_390, F_1_175 - F_2_562);
    odd[3] = multiply(p13, F_1_175 - F_0_899, F_1_175 - F_1_961);
  } else {
    const Sum t0 = widen<kConstBits>(hn::Add(v[0], v[4]), round), t1 = widen<kConstBits>(hn::Sub(v[0], v[4]), round);
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
    v[i] = narrow<kShift, kFirstPass>(even[i] + odd[i]);
    v[7 - i] = narrow<kShift, kFirstPass>(even[i] - odd[i]);
  }
}

// `v` are the coefficients. With kFew, only the first four rows and columns are nonzero.
template <bool kFew>
HWY_INLINE bool transform_blocks(V16* v, const int16_t* quant, uint8_t* const* rows, size_t x) {
  for (int r = 0; r < (kFew ? 4 : 8); ++r) v[r] = dequantize(v[r], quant, r);
  // If only the first row is nonzero, libjpeg-turbo's first pass wraps instead of saturating.
  if (HWY_UNLIKELY(!in_range(v[0]))) return false;
  transform<kConstBits - kPass1Bits, kFew, true>(v);
  transpose(v);
  transform<kConstBits + kPass1Bits + 3, kFew, false>(v);
  transpose(v);
  for (int r = 0; r < 8; ++r) store_samples(v[r], rows[r] + x);
  return true;
}

HWY_INLINE bool fill_blocks(const int16_t* const* blocks, const int16_t* quant, uint8_t* const* rows, size_t x) {
  uint64_t samples[kBlocksPerVector];
  for (int i = 0; i < kBlocksPerVector; ++i) {
    const int dc = static_cast<int16_t>(blocks[i][0] * quant[0]);
    if (dc < -8191 || dc > 8191) return false;
    samples[i] = 0x0101010101010101u * static_cast<uint64_t>(std::clamp(((4 * dc + 16) >> 5) + 128, 0, 255));
  }
  for (int r = 0; r < 8; ++r) std::memcpy(rows[r] + x, samples, sizeof(samples));
  return true;
}

// Masks the first `count` coefficients of a row, in each block.
template <int count>
HWY_INLINE V16 past_first(V16 row) {
  alignas(16) static constexpr int16_t kMask[8] = {
      count > 0 ? 0 : -1, count > 1 ? 0 : -1, count > 2 ? 0 : -1, count > 3 ? 0 : -1, -1, -1, -1, -1};
  return hn::And(row, hn::LoadDup128(D16(), kMask));
}

HWY_INLINE bool all_zero(V16 v) { return hn::AllTrue(D16(), hn::Eq(v, hn::Zero(D16()))); }

bool IdctBlocks(const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
                uint8_t* const* rows) {
  for (int i = 0; i < count; i += kBlocksPerVector) {
    const int16_t* blocks[kBlocksPerVector];
    for (int j = 0; j < kBlocksPerVector; ++j) blocks[j] = coefficients + 64 * index[std::min(i + j, count - 1)];
    V16 v[8];
    load_rows(blocks, v);
    const V16 near = hn::Or(hn::Or(v[1], v[2]), v[3]);
    const V16 far = hn::Or(hn::Or(v[4], v[5]), hn::Or(v[6], v[7]));
    const size_t x = 8 * static_cast<size_t>(i);
    bool good;
    if (!all_zero(hn::Or(far, past_first<4>(hn::Or(v[0], near))))) {
      good = transform_blocks<false>(v, quant, rows, x);
    } else if (!all_zero(hn::Or(near, past_first<1>(v[0])))) {
      good = transform_blocks<true>(v, quant, rows, x);
    } else {
      good = fill_blocks(blocks, quant, rows, x);
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

bool idct_8x8(const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
              uint8_t* const* rows) {
  return HWY_DYNAMIC_DISPATCH(IdctBlocks)(coefficients, index, count, quant, rows);
}

}  // namespace fastseq
#endif
