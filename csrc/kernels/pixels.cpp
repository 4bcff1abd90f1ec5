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

void Split3(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  const B8 d;
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    hn::Vec<B8> va, vb, vc;
    hn::LoadInterleaved3(d, in + 3 * static_cast<size_t>(i), va, vb, vc);
    hn::StoreU(va, d, a + i);
    hn::StoreU(vb, d, b + i);
    hn::StoreU(vc, d, c + i);
  }
  for (in += 3 * static_cast<size_t>(i); i < count; ++i, in += 3) {
    a[i] = in[0];
    b[i] = in[1];
    c[i] = in[2];
  }
}

void Widen3To4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  alignas(16) static constexpr uint8_t kKept[16] = {0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
  alignas(16) static constexpr uint8_t kSwapped[16] = {2, 1, 0, 0, 5, 4, 3, 3, 8, 7, 6, 6, 11, 10, 9, 9};
  const B8 d;
  const auto order = hn::Load(d, swap ? kSwapped : kKept);
  int i = 0;
  for (; i + 6 <= count; i += 4, in += 12, out += 16) {  // 16 bytes are read for 4 pixels
    hn::StoreU(hn::TableLookupBytes(hn::LoadU(d, in), order), d, out);
  }
  for (; i < count; ++i, in += 3, out += 4) {
    for (int k = 0; k < 4; ++k) out[k] = in[swap ? kSwapped[k] : kKept[k]];
  }
}

void Reorder4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  alignas(16) static constexpr uint8_t kSwapped[16] = {2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15};
  if (!swap) {
    std::memcpy(out, in, 4 * static_cast<size_t>(count));
    return;
  }
  const B8 d;
  const auto order = hn::Load(d, kSwapped);
  for_pixels(count, 4, 4, out, [&](int i, uint8_t* to) HWY_ATTR {
    hn::StoreU(hn::TableLookupBytes(hn::LoadU(d, in + 4 * static_cast<size_t>(i)), order), d, to);
  });
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(RepeatGray);
HWY_EXPORT(Split4);
HWY_EXPORT(Narrow4To3);
HWY_EXPORT(Split3);
HWY_EXPORT(Widen3To4);
HWY_EXPORT(Reorder4);

void repeat_gray(const uint8_t* gray, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(RepeatGray)(gray, count, out); }
void split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c) {
  HWY_DYNAMIC_DISPATCH(Split4)(in, count, a, b, c);
}
void narrow4to3(const uint8_t* in, int count, uint8_t* out) { HWY_DYNAMIC_DISPATCH(Narrow4To3)(in, count, out); }
void split3(const uint8_t* in, int count, bool swap, uint8_t* a, uint8_t* b, uint8_t* c) {
  if (swap) std::swap(a, c);
  HWY_DYNAMIC_DISPATCH(Split3)(in, count, a, b, c);
}
void widen3to4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Widen3To4)(in, count, swap, out);
}
void reorder4(const uint8_t* in, int count, bool swap, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(Reorder4)(in, count, swap, out);
}

}  // namespace fastseq::kernels
#endif
