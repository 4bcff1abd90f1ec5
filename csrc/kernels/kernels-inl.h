// Shared by the integer kernels. Compiled once for each instruction set.
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

#include "base/pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::ScalableTag<int16_t>;
using D32 = hn::ScalableTag<int32_t>;
using D8 = hn::Rebind<uint8_t, D16>;   // as many bytes as D16 has lanes
using B16 = hn::FixedTag<int16_t, 8>;  // one 128-bit block
using B32 = hn::FixedTag<int32_t, 4>;
using B8 = hn::FixedTag<uint8_t, 16>;

// With wide vectors, horizontal passes filter two rows side by side, which share weights.
#if HWY_ARCH_X86 && HWY_MAX_BYTES >= 32
constexpr int kRowBlocks = 2;
#else
constexpr int kRowBlocks = 1;
#endif

using fastseq::HWY_NAMESPACE::multiply_pairs;
using fastseq::HWY_NAMESPACE::weight_pair;

// Writes `count` pixels: `store(i, out)` writes a vector of them from i on, the last ones by way of a copy.
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
