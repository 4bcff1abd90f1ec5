#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cv2_area_vertical.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "kernels/cv2_area-inl.h"
#include "kernels/cv2_area.h"
#include "kernels/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

using F32 = hn::ScalableTag<float>;

template <class D>
void SumVertical(const uint8_t* const* rows, const float* weights, int taps, int count, uint8_t* out) {
  const D d;
  auto* sums = reinterpret_cast<hn::TFromD<D>*>(out);
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes) {
    auto sum = load_term(d, rows[0] + x, weights[0]);
    for (int t = 1; t < taps; ++t) sum = hn::Add(sum, load_term(d, rows[t] + x, weights[t]));
    hn::StoreU(sum, d, sums + x);
  }
}

template <class D>
void FinishVertical(const uint8_t* const* rows, const float* weights, int taps, const Cv2AreaRounding& rounding,
                    int count, uint8_t* out) {
  const D d;
  const auto load = [&](int t, int x) HWY_ATTR {
    return load_term(d, reinterpret_cast<const hn::TFromD<D>*>(rows[t]) + x, weights[t]);
  };
  for_pixels(count, static_cast<int>(hn::Lanes(d)), 1, out, [&](int x, uint8_t* to) HWY_ATTR {
    auto sum = load(0, x);
    for (int t = 1; t < taps; ++t) sum = hn::Add(sum, load(t, x));
    store_rounded(d, sum, rounding, to);
  });
}

void Cv2AreaSumVertical(const uint8_t* const* rows, const float* weights, int taps, bool integer, int count,
                        uint8_t* out) {
  if (integer) return SumVertical<D32>(rows, weights, taps, count, out);
  SumVertical<F32>(rows, weights, taps, count, out);
}
void Cv2AreaFinishVertical(const uint8_t* const* rows, const float* weights, int taps, const Cv2AreaRounding& rounding,
                           int count, uint8_t* out) {
  if (rounding.integer) return FinishVertical<D32>(rows, weights, taps, rounding, count, out);
  FinishVertical<F32>(rows, weights, taps, rounding, count, out);
}
}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(Cv2AreaSumVertical);
HWY_EXPORT(Cv2AreaFinishVertical);

void cv2_area_sum_vertical(const uint8_t* const* rows, const float* weights, int taps, bool integer, int count,
                           uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2AreaSumVertical)(rows, weights, taps, integer, count, out);
}
void cv2_area_finish_vertical(const uint8_t* const* rows, const float* weights, int taps,
                              const Cv2AreaRounding& rounding, int count, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Cv2AreaFinishVertical)(rows, weights, taps, rounding, count, out);
}

}  // namespace fastseq::kernels
#endif
