#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/idct_reduced.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "jpeg/idct-inl.h"
#include "jpeg/idct.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

// The cosines of jidctred.c, times 2^13.
constexpr int F_0_211 = 1730, F_0_509 = 4176, F_0_601 = 4926, F_0_720 = 5906, F_0_765 = 6270, F_0_850 = 6967,
              F_0_899 = 7373, F_1_061 = 8697, F_1_272 = 10426, F_1_451 = 11893, F_1_847 = 15137, F_2_172 = 17799,
              F_2_562 = 20995, F_3_624 = 29692;

// One dimension: v[0..7], of which v[4] is ignored, to v[0..3].
template <int kShift, bool kFirstPass>
HWY_INLINE void transform4(V16* v) {
  const Sum t0 = widen<kConstBits + 1>(v[0], hn::Set(D32(), 1 << (kShift - 1)));
  const Sum t2 = multiply(interleave(v[2], v[6]), F_1_847, -F_0_765);
  const Pair p75 = interleave(v[7], v[5]), p31 = interleave(v[3], v[1]);
  const Sum inner = multiply(p75, -F_0_211, F_1_451) + multiply(p31, -F_2_172, F_1_061);
  const Sum outer = multiply(p75, -F_0_509, -F_0_601) + multiply(p31, F_0_899, F_2_562);
  v[0] = narrow<kShift, kFirstPass>(t0 + t2 + outer);
  v[1] = narrow<kShift, kFirstPass>(t0 - t2 + inner);
  v[2] = narrow<kShift, kFirstPass>(t0 - t2 - inner);
  v[3] = narrow<kShift, kFirstPass>(t0 + t2 - outer);
}

// One dimension: v[0] and the odd ones of v[0..7] to v[0..1].
template <int kShift, bool kFirstPass>
HWY_INLINE void transform2(V16* v) {
  const Sum t = widen<kConstBits + 2>(v[0], hn::Set(D32(), 1 << (kShift - 1)));
  const Sum odd =
      multiply(interleave(v[7], v[5]), -F_0_720, F_0_850) + multiply(interleave(v[3], v[1]), -F_1_272, F_3_624);
  v[0] = narrow<kShift, kFirstPass>(t + odd);
  v[1] = narrow<kShift, kFirstPass>(t - odd);
}

template <int kSize, int kShift, bool kFirstPass>
HWY_INLINE void transform_reduced(V16* v) {
  if (kSize == 4) {
    transform4<kShift, kFirstPass>(v);
  } else {
    transform2<kShift, kFirstPass>(v);
  }
  for (int i = kSize; i < 8; ++i) v[i] = hn::Zero(D16());
}

template <int kSize>
bool reduce_blocks(const int16_t* const* blocks, const int16_t* quant, int count, uint8_t* const* rows, size_t x) {
  constexpr int kExtra = kSize == 4 ? 1 : 2;
  V16 v[8];
  load_rows(blocks, v);
  for (int r = 0; r < 8; ++r) {
    const bool read = kSize == 4 ? r != 4 : r == 0 || r % 2 == 1;
    v[r] = read ? dequantize(v[r], quant, r) : hn::Zero(D16());
    if (HWY_UNLIKELY(!in_range(v[r]))) return false;
  }
  transform_reduced<kSize, kConstBits - kPass1Bits + kExtra, true>(v);
  transpose(v);
  transform_reduced<kSize, kConstBits + kPass1Bits + 3 + kExtra, false>(v);
  transpose(v);
  for (int r = 0; r < kSize; ++r) {
    alignas(64) uint8_t samples[8 * kBlocksPerVector];
    store_samples(v[r], samples);
    for (int i = 0; i < count; ++i) std::memcpy(rows[r] + x + kSize * i, samples + 8 * i, kSize);
  }
  return true;
}

bool IdctReduced(int size, const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
                 uint8_t* const* rows) {
  for (int i = 0; i < count; i += kBlocksPerVector) {
    const int16_t* blocks[kBlocksPerVector];
    for (int j = 0; j < kBlocksPerVector; ++j) blocks[j] = coefficients + 64 * index[std::min(i + j, count - 1)];
    const int blocks_here = std::min(count - i, kBlocksPerVector);
    const size_t x = static_cast<size_t>(size) * i;
    const bool good = size == 4 ? reduce_blocks<4>(blocks, quant, blocks_here, rows, x)
                                : reduce_blocks<2>(blocks, quant, blocks_here, rows, x);
    if (!good) return false;
  }
  return true;
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(IdctReduced);

bool idct_reduced(int size, const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
                  uint8_t* const* rows) {
  return HWY_DYNAMIC_DISPATCH(IdctReduced)(size, coefficients, index, count, quant, rows);
}

bool idct_1x1(const int16_t* dc, int step, const uint16_t* index, int count, const int16_t* quant, uint8_t* row) {
  constexpr int kMaxDc = 4088;  // beyond it, libjpeg's range limit wraps around
  for (int i = 0; i < count; ++i) {
    const int value = dc[step * index[i]] * quant[0];
    if (value < -kMaxDc || value > kMaxDc) return false;
    row[i] = static_cast<uint8_t>(std::clamp(((value + 4) >> 3) + 128, 0, 255));
  }
  return true;
}

}  // namespace fastseq
#endif
