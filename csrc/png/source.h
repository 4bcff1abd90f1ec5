// A PNG as a source of rows.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/stage_clock.h"
#include "base/status.h"
#include "png/file.h"
#include "png/pixels.h"
#include "png/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

struct PngRequest {
  PngPixels pixels;
  int64_t memory_bytes = 0;
  StageClock* clock = nullptr;  // counts the time of each stage; may be null
};

// Inflates the image data and opens the image, whose samples must not have more than 8 bits. The bytes of `file` and
// `scratch` must outlive the source. Returns kOk, kTooMuchMemory before any memory is taken, kCancelled, or kCorrupt
// with a message in *reason: an image whose source is open has no damage. Throws std::bad_alloc.
Status open_png(const PngFile& file, const PngRequest& request, const std::atomic<bool>& cancelled, PngScratch* scratch,
                std::string* reason, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
