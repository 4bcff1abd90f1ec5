// How libjpeg lays out a frame's planes at a reduced size, and which MCUs a window needs.
#pragma once
#include "jpeg/frame.h"
#include "jpeg/request.h"
#include "rows/row_source.h"

namespace fastseq {

struct PlaneLayout {
  SourcePlane plane;
  int dct_size;  // samples per block along each axis: 8, 4, 2 or 1
  int blocks_across, blocks_down;
};

// A range [begin, end) of MCUs along one axis.
struct McuSpan {
  int begin, end;
};

struct FrameLayout {
  PlaneLayout planes[kMaxPlanes];
  int mcus_across, mcus_down;
  McuSpan columns, rows;  // needed by the window
  int mcu_rows_checked;   // rows of MCUs that libjpeg would read for the window
};

// Lays out the first `planes` components at 1 / scale.
FrameLayout lay_out_frame(const JpegFrame& frame, int planes, int scale, const PixelWindow& window);

}  // namespace fastseq
