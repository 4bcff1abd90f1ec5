// The augmentations of ImageDataGenerator on an image of the batch's size: affine map about the center, channel shift,
// flips, brightness and a factor; from bytes or floats to floats.
#pragma once
#include <cstdint>

#include "augment/affine.h"
#include "augment/scratch.h"
#include "geometry/affine_map.h"
#include "output/slot_format.h"

namespace fastseq {

struct Augment {
  FillMode fill_mode = FillMode::kNearest;
  float fill_value = 0;       // of kConstant
  bool interpolate = true;    // else the nearest pixel
  float factor = 1;           // multiplies the result
  bool float_images = false;  // sources are float images in the slot's layout, not files
  int32_t draw = 0;           // index of the sample's first draw
};

// The draws of one sample. Upright output (y, x) shows the image at m (y, x) + shift.
struct AugmentDraws {
  double m[4];
  double shift[2];
  double is_affine, flip_columns, flip_rows;  // 0 or 1
  double channel_shift, brightness;           // NaN: none
};
constexpr int kAugmentDraws = sizeof(AugmentDraws) / sizeof(double);

// The members of AugmentDraws as columns of a sample's draws.
struct AugmentColumn {
  const char* name;
  int begin, count;
};
const AugmentColumn* augment_columns(int* count);

// From interleaved bytes, format.height x width x channels (1 or 3), readable kAffineReadAhead bytes past their end, to
// as many floats in the format's layout.
void augment_bytes(const uint8_t* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                   float* slot, AugmentScratch* scratch);
// The same from floats in the format's layout.
void augment_floats(const float* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                    float* slot, AugmentScratch* scratch);

}  // namespace fastseq
