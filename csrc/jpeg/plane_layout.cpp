#include "jpeg/plane_layout.h"

#include <algorithm>

#include "jpeg/idct.h"
#include "jpeg/turbo.h"

namespace fastseq {
namespace {

// jdmaster.c: a subsampled component is reduced less where that makes up for its subsampling along both axes.
int component_dct_size(const JpegFrame& frame, const JpegFrame::Component& c, int min_size) {
  int size = min_size;
  while (size < 8 && frame.max_h * min_size % (c.h * size * 2) == 0 && frame.max_v * min_size % (c.v * size * 2) == 0) {
    size *= 2;
  }
  return size;
}

PlaneLayout lay_out_plane(const JpegFrame& frame, const JpegFrame::Component& c, int min_size) {
  PlaneLayout layout;
  const int size = component_dct_size(frame, c, min_size);
  layout.dct_size = size;
  layout.blocks_across = frame.blocks_across(c);
  layout.blocks_down = frame.blocks_down(c);
  SourcePlane& p = layout.plane;
  p.upsampling_h = frame.max_h * min_size / (c.h * size);
  p.upsampling_v = frame.max_v * min_size / (c.v * size);
  p.width = ceil_div(frame.width * c.h * size, frame.max_h * 8);
  p.height = ceil_div(frame.height * c.v * size, frame.max_v * 8);
  p.rows_per_pull = size * c.v;
  // jdsample.c: fancy upsampling applies to 2:1 horizontally (alone or with 2:1 vertically), and to 2:1 vertically
  // alone.
  p.triangle_h = min_size > 1 && p.upsampling_h == 2 && p.upsampling_v <= 2 && p.width > 2;
  p.triangle_v = min_size > 1 && p.upsampling_v == 2 && (p.triangle_h || p.upsampling_h == 1);
  return layout;
}

// `margin` is how many full-size pixels upsampling may read beyond the window.
McuSpan needed_mcus(int begin, int end, int margin, int mcu, int pixels) {
  return {std::max(begin - margin, 0) / mcu, ceil_div(std::min(end + margin, pixels), mcu)};
}

// The rows of MCUs that libjpeg reads until it has output the window's last row: it outputs a few rows at a time, and
// where upsampling needs the chroma below, the last rows of an MCU wait for the next one.
int checked_mcu_rows(const JpegFrame& frame, const PixelWindow& window, int scale, bool needs_row_below) {
  const int height = ceil_div(frame.height, scale), begin = window.y0 / scale;
  const int pulls = ceil_div(ceil_div(window.y1, scale) - begin, kPixelRowsPerPull);
  const int last = std::min(begin + pulls * kPixelRowsPerPull, height) - 1;
  const int row_group = last / frame.max_v + (needs_row_below ? 1 : 0);
  const int group = frame.mcu_rows_per_group;
  const int rows = ceil_div(row_group / (8 / scale) + 1, group) * group;
  return std::min(rows, ceil_div(frame.height, 8 * frame.max_v));
}

}  // namespace

FrameLayout lay_out_frame(const JpegFrame& frame, int planes, int scale, const PixelWindow& window) {
  FrameLayout layout;
  const int mcu_width = 8 * frame.max_h, mcu_height = 8 * frame.max_v;
  layout.mcus_across = ceil_div(frame.width, mcu_width);
  layout.mcus_down = ceil_div(frame.height, mcu_height);
  int margin_h = 0, margin_v = 0;
  for (int i = 0; i < planes; ++i) {
    layout.planes[i] = lay_out_plane(frame, frame.component[i], 8 / scale);
    if (layout.planes[i].plane.triangle_h) margin_h = 2 * scale;
    if (layout.planes[i].plane.triangle_v) margin_v = 2 * scale;
  }
  layout.columns = needed_mcus(window.x0, window.x1, margin_h, mcu_width, frame.width);
  layout.rows = needed_mcus(window.y0, window.y1, margin_v, mcu_height, frame.height);
  layout.mcu_rows_checked = checked_mcu_rows(frame, window, scale, margin_v > 0);
  for (int i = 0; i < planes; ++i) {
    const JpegFrame::Component& c = frame.component[i];
    SourcePlane& p = layout.planes[i].plane;
    const int across = layout.planes[i].dct_size * c.h;
    p.x0 = layout.columns.begin * across;
    p.y0 = layout.rows.begin * p.rows_per_pull;
    p.delivered_width = std::min(p.width, layout.columns.end * across) - p.x0;
    p.row_bytes = (layout.columns.end - layout.columns.begin) * across + kIdctOverrun;
  }
  return layout;
}

}  // namespace fastseq
