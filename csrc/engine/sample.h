// One sample into its slot.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "augment/augment.h"
#include "base/limits.h"
#include "base/status.h"
#include "engine/workspace.h"
#include "filters/triangle_table.h"
#include "geometry/geometry.h"
#include "jpeg/turbo.h"
#include "output/slot_writer.h"
#include "rows/decoded_image.h"

namespace fastseq {

// What every sample of a batch goes through.
struct Recipe {
  SlotFormat format;
  std::optional<Augment> augment;  // format is then of floats
  bool bgr = false;                // channel order of the output; one channel means gray
  bool pillow_colors = false;      // of CMYK, and gray of colours, not the file's own luma: as Pillow's convert()
  Interpolation interpolation = Interpolation::kAntialias;
  Orient orient = Orient::kExif;
  Damage damage = Damage::kRefuse;
  std::vector<Op> ops;
  Limits limits;
};

// Bytes of an image file, or of a picture of floats where the recipe says so, into `slot`. `draws` are the sample's
// uniform numbers for the ops. On kOk and kRecovered the whole slot is written. Otherwise its content is undefined, and
// workspace->reason may hold words about it. kNeedsDecoder: not a JPEG, within the limits. Throws std::bad_alloc and
// TooMuchMemory.
Status decode_sample(const uint8_t* data, size_t size, const Recipe& recipe, const double* draws, uint8_t* slot,
                     Workspace* workspace, const std::atomic<bool>& cancelled);

// The same from decoded pixels (1 or 3 channels, rgb; or bgr where image_bgr), upright already.
Status resample_sample(const PixelImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                       uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled);

}  // namespace fastseq
