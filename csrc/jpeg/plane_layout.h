// What libjpeg would make of a frame's components at a reduced size, and which MCUs a window needs of them.
#pragma once
#include "jpeg/frame.h"
#include "jpeg/request.h"
#include "rows/row_source.h"

namespace fastseq {

struct PlaneLayout {
  SourcePlane plane;
  int dct_size;  // samples that a block gives along each axis: 8, 4, 2 or 1
  int blocks_across, blocks_down;
};

// Of the MCUs along an axis.
struct McuSpan {
  int begin, end;
};

struct FrameLayout {
  PlaneLayout planes[kMaxPlanes];
  int mcus_across, mcus_down;
  McuSpan columns, rows;  // that the window needs
  int mcu_rows_checked;   // of MCUs, that libjpeg would read for it
};

// Of the first `planes` components at 1 / scale.
FrameLayout lay_out_frame(const JpegFrame& frame, int planes, int scale, const PixelWindow& window);

}  // namespace fastseq
