// The formats that the core decodes, and rows of pixels into a slot.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "engine/recipe.h"
#include "engine/workspace.h"
#include "output/slot_format.h"
#include "resample/resample.h"
#include "rows/row_source.h"

namespace fastseq {

// Each writes one image to `slot`, which is aligned to the items of `format`; see decode_sample in engine/sample.h for
// `draws` and for what they return. `cancelled` is looked at every few rows.
Status decode_jpeg(const uint8_t* data, size_t size, const Recipe& recipe, const SlotFormat& format,
                   const double* draws, uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled);

Status decode_png(const uint8_t* data, size_t size, const Recipe& recipe, const SlotFormat& format, const double* draws,
                  uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled);

// The rows of `source`, which begin with the first that the plan reads. `out_of_range` receives how far filtering YCbCr
// may have gone beyond the range of colors: the mean square, in levels.
Status resample_rows(std::unique_ptr<RowSource> source, const ResamplePlan& plan, const Recipe& recipe,
                     const SlotFormat& format, uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled,
                     double* out_of_range);

}  // namespace fastseq
