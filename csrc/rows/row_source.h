// A source of rows: a decoder, or pixels in memory. Rows are pulled from top to bottom, a few at a time.
#pragma once
#include <cstdint>
#include <vector>

#include "base/status.h"

namespace fastseq {

constexpr int kMaxPlanes = 3;
constexpr int kMaxRowsPerPull = 64;

// The offset of rows in 64-byte aligned memory. libjpeg-turbo writes aligned rows past the cache (movntdq), and the
// filter that reads them next would wait for memory: a tenth of the total time.
constexpr int kRowOffset = 8;

// One plane of a source. Rows and columns are stored ones, at the decoder's scale.
struct SourcePlane {
  int width = 0;  // samples of a full row
  int height = 0;
  int x0 = 0;               // stored column of the first delivered sample
  int y0 = 0;               // stored row of the first delivered row
  int delivered_width = 0;  // samples in a delivered row, without padding
  int row_bytes = 0;        // bytes that a row buffer must hold, with padding
  int rows_per_pull = 1;
  int upsampling_h = 1;  // columns of plane 0 per column of this plane
  int upsampling_v = 1;
  bool triangle_h = false;  // libjpeg smooths this axis when upsampling
  bool triangle_v = false;
};

enum class PixelLayout {
  kGray,     // one plane
  kYcc,      // three planes: Y, Cb, Cr
  kRgb,      // three planes in the output's channel order
  kPacked4,  // one plane of 4-byte pixels: three channels in the output's order, and padding
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual PixelLayout layout() const = 0;
  virtual int planes() const = 0;
  virtual const SourcePlane& plane(int i) const = 0;
  // Tells which rows of plane 0 are needed, counted from its y0; later rows are not. Other rows need not be written.
  // Optional, before the first pull; `rows` must outlive the last one.
  virtual void set_needed_rows(const std::vector<bool>& /*rows*/) {}
  // Writes the next rows_per_pull rows of plane i to rows[i][0..]. Rows below the image are undefined. Any status but
  // kOk is final.
  virtual Status pull(uint8_t* const* const* rows) = 0;
  // After the last pull: reports damage in what was read, and reads to the end of the file where that is cheap.
  virtual Status finish() = 0;
};

}  // namespace fastseq
