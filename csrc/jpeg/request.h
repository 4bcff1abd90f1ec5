// What the caller wants of a JPEG.
#pragma once
#include <atomic>
#include <cstdint>

#include "base/enum_table.h"
#include "base/stage_clock.h"

namespace fastseq {

class CropIndex;

// A window [x0, x1) x [y0, y1) of the stored image, in full-size pixels. What lies outside need not be decoded.
struct PixelWindow {
  int x0, y0, x1, y1;
};

// What happens to an image that libjpeg decodes with a warning about image data.
enum class Strictness : int32_t {
  kAcceptDamaged = 0,    // kRecovered
  kRejectDamaged = 1,    // kCorrupt or kTruncated
  kRejectTruncated = 2,  // kTruncated where the end is missing, as Pillow and TensorFlow have it; else kRecovered
};
EnumTable strictness_table();

struct JpegRequest {
  // `cancel_flag` must outlive the decoder, which checks it while it reads scans and skips rows.
  explicit JpegRequest(const std::atomic<bool>& cancel_flag) : cancelled(cancel_flag) {}
  bool is_cancelled() const { return cancelled.load(std::memory_order_relaxed); }

  const std::atomic<bool>& cancelled;
  bool planes = false;         // raw YCbCr planes where the file has them, else pixels
  bool gray = false;           // one channel
  bool bgr = false;            // channel order of pixels
  bool pillow_colors = false;  // of CMYK
  int scale = 1;               // 1, 2, 4 or 8: the DCT's reduction
  PixelWindow window{};
  Strictness strictness = Strictness::kRejectTruncated;
  int64_t memory_bytes = 0;
  const CropIndex* index = nullptr;  // one that fits the file, or null
  StageClock* clock = nullptr;       // counts the time of each stage; may be null
};

}  // namespace fastseq
