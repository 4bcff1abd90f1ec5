// Where rows come from: a decoder, or pixels in memory. Pulled from the top down, a few rows at a time.
#pragma once
#include <cstdint>
#include <vector>

#include "base/status.h"

namespace fastseq {

constexpr int kMaxPlanes = 3;
constexpr int kMaxRowsPerPull = 64;

// Where rows begin in their 64-byte aligned memory. libjpeg-turbo's color conversion writes to aligned rows past the
// cache (movntdq), and the filter that reads them next would wait for memory: a tenth of the whole time.
constexpr int kRowOffset = 8;

// One plane of what a source delivers. Rows and columns are stored ones, at the decoder's scale.
struct SourcePlane {
  int width = 0;  // samples of a whole row
  int height = 0;
  int x0 = 0;               // stored column of the first sample delivered
  int y0 = 0;               // stored row of the first row delivered
  int delivered_width = 0;  // samples in a delivered row, padding not counted
  int row_bytes = 0;        // bytes that a row buffer must hold, padding counted
  int rows_per_pull = 1;
  int upsampling_h = 1;  // columns of plane 0 to one of this plane
  int upsampling_v = 1;
  bool triangle_h = false;  // libjpeg would smooth this axis when it upsamples
  bool triangle_v = false;
};

enum class PixelLayout {
  kGray,     // one plane
  kYcc,      // three planes: Y, Cb, Cr
  kRgb,      // three planes in the order of the output's channels
  kPacked4,  // one plane of 4-byte pixels, three channels in the order of the output
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual PixelLayout layout() const = 0;
  virtual int planes() const = 0;
  virtual const SourcePlane& plane(int i) const = 0;
  // Says which rows of plane 0 will be looked at, counted from its y0, and none behind the last; the others need not be
  // written. Called before the first pull, if at all; `rows` must outlive the last.
  virtual void set_needed_rows(const std::vector<bool>& /*rows*/) {}
  // Writes the next rows_per_pull rows of plane i to rows[i][0..]; at the bottom, what lies below
  // the image is not defined. Any status but kOk ends it.
  virtual Status pull(uint8_t* const* const* rows) = 0;
  // After the last pull that is needed: judges what was read, and reads on to the end where that is cheap.
  virtual Status finish() = 0;
};

}  // namespace fastseq
