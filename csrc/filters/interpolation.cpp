#include "filters/interpolation.h"

namespace fastseq {

EnumTable interpolation_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(Interpolation::kAntialias, "antialias"),
      enum_member(Interpolation::kLinear, "linear"),
      enum_member(Interpolation::kCv2Linear, "cv2.linear"),
      enum_member(Interpolation::kCv2Nearest, "cv2.nearest"),
      enum_member(Interpolation::kCv2Area, "cv2.area"),
      enum_member(Interpolation::kPilNearest, "pil.nearest"),
      enum_member(Interpolation::kPilBox, "pil.box"),
      enum_member(Interpolation::kPilBilinear, "pil.bilinear"),
      enum_member(Interpolation::kPilHamming, "pil.hamming"),
      enum_member(Interpolation::kPilBicubic, "pil.bicubic"),
      enum_member(Interpolation::kPilLanczos, "pil.lanczos"),
      enum_member(Interpolation::kTfNearest, "tf.nearest"),
      enum_member(Interpolation::kTfBilinear, "tf.bilinear"),
      enum_member(Interpolation::kTfBicubic, "tf.bicubic"),
      enum_member(Interpolation::kTfArea, "tf.area"),
      enum_member(Interpolation::kTfLanczos3, "tf.lanczos3"),
      enum_member(Interpolation::kTfLanczos5, "tf.lanczos5"),
      enum_member(Interpolation::kTfGaussian, "tf.gaussian"),
      enum_member(Interpolation::kTfMitchellcubic, "tf.mitchellcubic"),
  };
  return enum_table(kMembers);
}

}  // namespace fastseq
