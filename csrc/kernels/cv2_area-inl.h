// Shared by the kernels of cv2.INTER_AREA. Compiled once for each instruction set.
#if defined(FASTSEQ_AREA_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_AREA_INL_H
#undef FASTSEQ_AREA_INL_H
#else
#define FASTSEQ_AREA_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>

#include "filters/cv2_area_table.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using Bytes = hn::Rebind<uint8_t, D>;  // as many bytes as D has lanes

// Sums are floats (D of float) or, without weights, integers (D of int32_t). cv2 rounds each product and each sum, so
// there must be no fused multiply-add.
template <class D>
constexpr bool kIsInteger = std::is_same_v<hn::TFromD<D>, int32_t>;

template <class D>
HWY_INLINE hn::Vec<D> load_term(D d, const uint8_t* bytes, float weight) {
  const hn::RebindToSigned<D> d32;
  const auto v = hn::PromoteTo(d32, hn::LoadU(Bytes<D>(), bytes));
  if constexpr (kIsInteger<D>) {
    return v;
  } else {
    return hn::Mul(hn::ConvertTo(d, v), hn::Set(d, weight));
  }
}

template <class D>
HWY_INLINE hn::Vec<D> load_term(D d, const hn::TFromD<D>* sums, float weight) {
  if constexpr (kIsInteger<D>) {
    return hn::LoadU(d, sums);
  } else {
    return hn::Mul(hn::LoadU(d, sums), hn::Set(d, weight));
  }
}

template <class D>
HWY_INLINE void store_rounded([[maybe_unused]] D d, hn::Vec<D> sum, const Cv2AreaRounding& rounding, uint8_t* out) {
  [[maybe_unused]] const hn::RebindToFloat<D> df;
  const Bytes<D> d8;
  if constexpr (!kIsInteger<D>) {
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(sum)), d8, out);
  } else if (rounding.quarter) {
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<2>(hn::Add(sum, hn::Set(d, 2)))), d8, out);
  } else {
    const auto mean = hn::Mul(hn::ConvertTo(df, sum), hn::Set(df, rounding.scale));
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(mean)), d8, out);
  }
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
