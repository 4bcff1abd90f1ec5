// JPEG rows by libjpeg-turbo's libjpeg API.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "engine/workspace.h"
#include "jpeg/header.h"
#include "rows/row_source.h"

namespace fastseq {

// What the caller needs of the stored picture, in full-size pixels. Rows and columns outside need not be decoded.
struct PixelWindow {
  int x0, y0, x1, y1;
};

// Pixels come so many rows at a time; raw planes by the MCU row.
constexpr int kPixelRowsPerPull = 8;

// What becomes of a picture that libjpeg decodes, but not without a warning.
enum class Damage : int32_t {
  kAccept = 0,     // kRecovered
  kRefuse = 1,     // kCorrupt or kTruncated
  kRefuseCut = 2,  // kTruncated where the end is missing, as Pillow and TensorFlow have it; else kRecovered
};

struct JpegRequest {
  bool planes = false;         // raw YCbCr planes where the file has them, else pixels
  bool gray = false;           // one channel
  bool bgr = false;            // channel order of pixels
  bool pillow_colors = false;  // of CMYK
  int scale = 1;               // 1, 2, 4 or 8: the DCT's reduction
  PixelWindow window{};        // in pixels of the whole picture
  Damage damage = Damage::kRefuse;
  int64_t memory_bytes = 0;
  const std::atomic<bool>* cancelled = nullptr;  // looked at while scans are read ahead of the first row
};

// Opens the picture in data[0, size), which must outlive the source. On failure *source is null and *reason
// holds libjpeg's words. finish() gives kOk, kRecovered, or what is wrong. `scanline` is scratch memory of
// the source's own.
Status open_jpeg(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                 std::string* reason, Buffer* scanline, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
