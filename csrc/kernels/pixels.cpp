#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pixels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <utility>

#include "kernels/kernels-inl.h"
#include "kernels/pixels.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

void RepeatGray(const uint8_t* gray, int count, uint8_t* out) {
  const B8 d;
  for_pixels(count, 16, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    const auto v = hn::LoadU(d, gray + i);
    hn::StoreInterleaved3(v, v, v, d, to);
  });
}

void Split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  const B8 d;
  for (int i = 0; i < count; i += 16) {
    hn::Vec<B8> va, vb, vc, unused;
    hn::LoadInterleaved4(d, in + 4 * static_cast<size_t>(i), va, vb, vc, unused);
    hn::StoreU(va, d, a + i);
    hn::StoreU(vb, d, b + i);
    hn::StoreU(vc, d, c + i);
  }
}

void Narrow4To3(const uint8_t* in, int count, uint8_t* out) {
  const B8 d;
  for_pixels(count, 16, 3, out, [&](int i, uint8_t* to) HWY_ATTR {
    hn::Vec<B8> a, b, c, unused;
    hn::LoadInterleaved4(d, in + 4 * static_cast<size_t>(i), a, b, c, unused);
    hn::StoreInterleaved3(a, b, c, d, to);
  });
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(RepeatGray);
HWY_EXPORT(Split4);
HWY_EXPORT(Narrow4To3);

void repeat_gray(const uint8_t* gray, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(RepeatGray)(gray, count, out); }
void split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  HWY_DYNAMIC_DISPATCH(Split4)(in, count, a, b, c);
}
void narrow4to3(const uint8_t* in, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(Narrow4To3)(in, count, out); }
void split3(const uint8_t* in, int count, bool swap, uint8_t* a, uint8_t* b, uint8_t* c) {
  if (swap) std::swap(a, c);
  for (int i = 0; i < count; ++i, in += 3) {
    a[i] = in[0];
    b[i] = in[1];
    c[i] = in[2];
  }
}
void widen3to4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  const int first = swap ? 2 : 0, third = swap ? 0 : 2;
  for (int i = 0; i < count; ++i, in += 3, out += 4) {
    out[0] = in[first];
    out[1] = in[1];
    out[2] = in[third];
    out[3] = 255;
  }
}

}  // namespace fastseq::kernels
#endif
