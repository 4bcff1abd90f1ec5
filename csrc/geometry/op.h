// A random step reads its uniform draws in [0, 1) from `draw` on.
#pragma once
#include <cstdint>

namespace fastseq {

enum class OpKind : int32_t {
  kResizeShort = 0,
  kCenterCrop = 1,
  kRandomResizedCrop = 2,
  kFlip = 3,
  kCropToAspect = 4,
  kPadToAspect = 5,
};

// One step of a transform. Random steps read their uniform draws in [0, 1) from the sample's parameters at `draw`.
struct Op {
  OpKind kind;
  double a, b, c, d;  // ResizeShort: size. CenterCrop: height, width, 1 to round half of the margin as torchvision.
                      // RandomResizedCrop: scale low, high, ratio low, high. Flip: probability, 1 for horizontal or 0
                      // for vertical. CropToAspect: 0 for keras.utils.load_img's integers, 1 for keras's smart_resize
                      // of tensors, float32
  int32_t draw;
};

}  // namespace fastseq
