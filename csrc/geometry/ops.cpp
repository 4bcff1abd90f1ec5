#include "geometry/ops.h"

#include "geometry/crops.h"
#include "geometry/flip.h"
#include "geometry/resizes.h"

namespace fastseq {
namespace {

constexpr OpType kTypes[] = {
    {OpKind::kResizeShort, "resize_short", 0, resize_short},
    {OpKind::kCenterCrop, "center_crop", 0, center_crop},
    {OpKind::kRandomResizedCrop, "random_resized_crop", 22, random_resized_crop},
    {OpKind::kFlip, "flip", 1, flip},
    {OpKind::kCropToAspect, "crop_to_aspect", 0, crop_to_aspect},
    {OpKind::kPadToAspect, "pad_to_aspect", 0, pad_to_aspect},
};
constexpr int kCount = sizeof(kTypes) / sizeof(kTypes[0]);

constexpr bool is_ordered() {
  for (int i = 0; i < kCount; ++i) {
    if (static_cast<int>(kTypes[i].kind) != i) return false;
  }
  return true;
}
static_assert(is_ordered(), "op_type() looks kinds up by their number");

}  // namespace

const OpType* op_types(int* count) {
  *count = kCount;
  return kTypes;
}

const OpType& op_type(OpKind kind) { return kTypes[static_cast<int>(kind)]; }

}  // namespace fastseq
