// What ImageDataGenerator does to a image of the batch's size: an affine map about the center, a shift of the
// channels, flips, brightness and a factor, from bytes or floats to floats.
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
  bool interpolate = true;    // linearly between four pixels, else the nearest one
  float factor = 1;           // of the result
  bool float_images = false;  // sources are images of floats, laid out as the slot, not files
  int32_t draw = 0;           // where a sample's numbers begin
};

// A sample's numbers: upright output (y, x) shows the image at m (y, x) + shift.
struct AugmentDraws {
  double m[4];
  double shift[2];
  double is_affine, flip_columns, flip_rows;  // 0 or 1
  double channel_shift, brightness;           // NaN: none
};
constexpr int kAugmentDraws = sizeof(AugmentDraws) / sizeof(double);

// The members of AugmentDraws, as places among a sample's numbers.
struct AugmentColumn {
  const char* name;
  int begin, count;
};
const AugmentColumn* augment_columns(int* count);

// From bytes, interleaved, format.height x width x channels (1 or 3), readable kAffineReadAhead bytes past their end.
// `slot` gets as many floats in the format's
// layout.
void augment_bytes(const uint8_t* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                   float* slot, AugmentScratch* scratch);
// From floats in the format's layout.
void augment_floats(const float* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                    float* slot, AugmentScratch* scratch);

}  // namespace fastseq
