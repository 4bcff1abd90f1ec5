// Shared by the float kernels. Compiled once for each instruction set.
#if defined(FASTSEQ_FLOAT_KERNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_FLOAT_KERNELS_INL_H
#undef FASTSEQ_FLOAT_KERNELS_INL_H
#else
#define FASTSEQ_FLOAT_KERNELS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using OneFloat = hn::FixedTag<float, 1>;
using Doubles = hn::ScalableTag<double>;
using OneDouble = hn::FixedTag<double, 1>;
using Pixel = hn::FixedTag<float, 4>;  // one pixel per 128-bit block

// Calls `apply(d, i)` for `count` elements: a vector at a time, then one by one.
template <class D, class One, class Apply>
HWY_INLINE void for_lanes(D d, One one, int count, Apply apply) {
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + lanes <= count; i += lanes) apply(d, i);
  for (; i < count; ++i) apply(one, i);
}

// Stores `make(d, i)` into `count` items, past the cache if `stream`.
template <class D, class One, class Make>
HWY_INLINE void store_lanes(D d, One one, int count, bool stream, hn::TFromD<D>* out, Make make) {
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  if (stream) {
    const int beyond = static_cast<int>(reinterpret_cast<uintptr_t>(out) / sizeof(*out) % lanes);
    for (const int head = std::min(beyond ? lanes - beyond : 0, count); i < head; ++i) {
      hn::StoreU(make(one, i), one, out + i);
    }
    for (; i + lanes <= count; i += lanes) hn::Stream(make(d, i), d, out + i);
  }
  for (; i + lanes <= count; i += lanes) hn::StoreU(make(d, i), d, out + i);
  for (; i < count; ++i) hn::StoreU(make(one, i), one, out + i);
}

template <class D>
HWY_INLINE hn::Vec<D> load_values(D d, const uint8_t* from) {
  const hn::Rebind<uint8_t, D> d8;
  const hn::Rebind<int32_t, D> d32;
  return hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, from)));
}
template <class D>
HWY_INLINE hn::Vec<D> load_values(D d, const float* from) {
  return hn::LoadU(d, from);
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
