#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/marker_search.cpp"
#include "jpeg/marker_search.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

size_t FindMarker(const uint8_t* data, size_t size, size_t at) {
  const hn::ScalableTag<uint8_t> d;
  const size_t lanes = hn::Lanes(d);
  const auto ones = hn::Set(d, 0xFF);
  const auto zero = hn::Zero(d);
  for (; at + lanes < size; at += lanes) {
    const auto is_ff = hn::Eq(hn::LoadU(d, data + at), ones);
    const auto is_stuffed = hn::Eq(hn::LoadU(d, data + at + 1), zero);
    const intptr_t found = hn::FindFirstTrue(d, hn::AndNot(is_stuffed, is_ff));
    if (found >= 0) return at + static_cast<size_t>(found);
  }
  for (; at + 1 < size; ++at) {
    if (data[at] == 0xFF && data[at + 1] != 0) return at;
  }
  return size;
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(FindMarker);

size_t find_marker(const uint8_t* data, size_t size, size_t at) {
  return HWY_DYNAMIC_DISPATCH(FindMarker)(data, size, at);
}

}  // namespace fastseq
#endif
