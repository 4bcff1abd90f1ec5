// Which part of a stored image one sample needs, and how it becomes the slot.
#pragma once
#include <atomic>

#include "base/status.h"
#include "engine/recipe.h"
#include "jpeg/header.h"
#include "jpeg/request.h"
#include "resample/resample.h"

namespace fastseq {

// Resolves orientation and transforms for a stored image of this size; `exif` is its orientation tag (1-8), `draws` are
// the sample's random numbers. kInternal where the transforms do not lead to the slot's size.
Status plan_sample(const Recipe& recipe, const double* draws, int stored_height, int stored_width, int exif,
                   ResamplePlan* plan);

// The largest reduction in the DCT (1, 2, 4 or 8) that leaves at least as many samples as the output has.
int choose_dct_scale(const ResamplePlan& plan, const JpegHeader& header);

// The stored pixels that the plan reads.
PixelWindow stored_window(const ResamplePlan& plan);

// What the plan needs of a JPEG. `cancelled` must outlive the decoder.
JpegRequest make_request(const ResamplePlan& plan, const Recipe& recipe, const JpegHeader& header,
                         const std::atomic<bool>& cancelled);

}  // namespace fastseq
