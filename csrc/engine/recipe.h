// The settings that all samples of a batch share.
#pragma once
#include <optional>
#include <vector>

#include "augment/augment.h"
#include "base/limits.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"
#include "jpeg/request.h"
#include "output/slot_format.h"

namespace fastseq {

// What `color` means, by the names that users know.
struct ColorMode {
  const char* name;
  int channels;
  bool bgr;            // order of three channels
  bool pillow_colors;  // as Pillow's convert() computes RGB from CMYK, and gray from RGB
  bool index;          // ids of a palette, or of gray, as they are stored
};
const ColorMode* color_modes(int* count);

struct Recipe {
  SlotFormat format;
  std::optional<Augment> augment;  // format is then of floats
  bool bgr = false;                // channel order of the output; one channel means gray
  bool pillow_colors = false;      // of CMYK, and gray of colors, not the file's own luma: as Pillow's convert()
  bool index = false;              // one channel of ids, for a nearest filter; a JPEG has none
  bool two_taps = false;           // of decoded pixels, as kCv2Linear: kLinear, and kAntialias where it reads two
  bool native_png = true;          // else the caller decodes PNGs, as it does those of 16 bits
  Interpolation interpolation = Interpolation::kAntialias;
  Orient orient = Orient::kExif;
  Strictness strictness = Strictness::kRejectTruncated;
  std::vector<Op> ops;
  Limits limits;
};

}  // namespace fastseq
