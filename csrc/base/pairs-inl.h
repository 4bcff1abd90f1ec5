// Products of 16-bit pairs, summed in 32 bits. Included once for each instruction set.
#if defined(FASTSEQ_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_PAIRS_INL_H_
#undef FASTSEQ_PAIRS_INL_H_
#else
#define FASTSEQ_PAIRS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

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

// Packs two 16-bit numbers into the 32-bit lane that multiply_pairs expects.
HWY_INLINE int32_t weight_pair(int low, int high) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(high)) << 16 | static_cast<uint16_t>(low));
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
