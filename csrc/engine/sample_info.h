// What is known of a sample's file, and how long it took.
#pragma once
#include <cstdint>

#include "base/stage_clock.h"
#include "io/image_format.h"

namespace fastseq {

// Whether a sample came with a crop index that fits its file. Files that it does not fit are decoded without it.
enum class CropIndexUse : int32_t { kNone = 0, kFits = 1, kMisfit = 2 };

struct SampleInfo {
  ImageFormat format = ImageFormat::kUnknown;
  int64_t height = 0, width = 0;  // as stored; 0 where unknown
  int orientation = 1;            // EXIF tag 0x0112, of JPEGs and PNGs
  // Of JPEGs only:
  int components = 0;
  int sampling_h[4] = {}, sampling_v[4] = {};
  int64_t scans = 0;
  CropIndexUse crop_index = CropIndexUse::kNone;

  int64_t nanoseconds[kStages] = {};
};

}  // namespace fastseq
