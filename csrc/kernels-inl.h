// What the kernels' files share, compiled once for each instruction set.
#if defined(FASTSEQ_KERNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_KERNELS_INL_H
#undef FASTSEQ_KERNELS_INL_H
#else
#define FASTSEQ_KERNELS_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::ScalableTag<int16_t>;
using D32 = hn::ScalableTag<int32_t>;
using D8 = hn::Rebind<uint8_t, D16>;   // as many bytes as D16 has lanes
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

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
