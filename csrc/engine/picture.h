// Samples by way of a picture that a cache can keep: what comes before the first random transform, as upright bytes.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "engine/recipe.h"
#include "engine/workspace.h"
#include "rows/decoded_image.h"

namespace fastseq {

// The picture of an image file, in the workspace. `recipe` has no random ops, and bytes as items; an output of height 0
// stands for the image at its full size. Returns as decode_sample() does; *too_large: the picture has more than
// kMaxPictureBytes, and nothing was decoded.
Status decode_picture(const uint8_t* data, size_t size, const Recipe& recipe, Workspace* workspace,
                      const std::atomic<bool>& cancelled, PixelImage* picture, bool* too_large);

// The same from decoded pixels, as resample_sample() takes them.
Status resample_picture(const PixelImage& image, bool image_bgr, const Recipe& recipe, Workspace* workspace,
                        const std::atomic<bool>& cancelled, PixelImage* picture, bool* too_large);

}  // namespace fastseq
