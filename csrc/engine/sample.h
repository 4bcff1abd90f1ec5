// One sample into its slot.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "engine/recipe.h"
#include "engine/workspace.h"
#include "rows/decoded_image.h"
#include "rows/deep_image.h"

namespace fastseq {

// Bytes of an image file, or of an image of floats where the recipe says so, into `slot`, which may lie at any address.
// `draws` are the sample's uniform numbers for the ops. On kOk and kRecovered the whole slot is written. Otherwise its
// content is undefined, and workspace->reason may hold a message about it. kNeedsDecoder: of a format that is decoded
// elsewhere, within the limits. Throws std::bad_alloc and TooMuchMemory.
Status decode_sample(const uint8_t* data, size_t size, const Recipe& recipe, const double* draws, uint8_t* slot,
                     Workspace* workspace, const std::atomic<bool>& cancelled);

// The same from decoded pixels (1 or 3 channels; BGR if image_bgr, else RGB) that are upright.
Status resample_sample(const PixelImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                       uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled);

// The same for samples of more than 8 bits.
Status resample_deep_sample(const DeepImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                            uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled);

}  // namespace fastseq
