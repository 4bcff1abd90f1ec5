#include <vector>

#include "kernels/pixels.h"
#include "kernels/planar.h"
#include "resample/resample.h"
#include "rows/row_ring.h"

namespace fastseq {
namespace {

PlaneAxis row_axis(const SourcePlane& plane, const ResamplePlan& plan) {
  return {plane.height,         plan.scale, plane.upsampling_v, plane.triangle_v, plan.stored_height,
          plan.rows_reversed(), plane.y0};
}

PlaneAxis column_axis(const SourcePlane& plane, const ResamplePlan& plan) {
  return {plane.width, plan.scale, plane.upsampling_h, plane.triangle_h, plan.stored_width, plan.columns_reversed(),
          plane.x0};
}

// Converts the filtered planes of one output row to bytes. Returns what ycc_to_rgb says of out-of-range colors.
uint64_t finish_row(PixelLayout layout, int16_t* const* planes, int count, int channels, bool bgr, uint8_t* gray,
                    uint8_t* out) {
  if (layout == PixelLayout::kYcc) {
    return kernels::ycc_to_rgb(planes[0], planes[1], planes[2], count, bgr, out);
  } else if (layout == PixelLayout::kRgb) {
    kernels::planes_to_rgb(planes[0], planes[1], planes[2], count, out);
  } else if (channels == 1) {
    kernels::plane_to_gray(planes[0], count, out);
  } else {
    kernels::plane_to_gray(planes[0], count, gray);
    kernels::repeat_gray(gray, count, out);
  }
  return 0;
}

}  // namespace

Status resample_planes(RowSource* source, const ResamplePlan& plan, bool bgr, SlotWriter* writer, int channels,
                       ResampleScratch* scratch, const std::atomic<bool>& cancelled, double* out_of_range) {
  const int planes = source->planes();
  const SourcePlane& luma = source->plane(0);
  const AxisMap& rows = plan.stored_rows();
  const AxisMap& columns = plan.stored_columns();

  std::vector<std::vector<RowSpan>> spans(planes);
  const TriangleTable* row_table[kMaxPlanes];
  const TriangleTable* column_table[kMaxPlanes];
  int max_taps = 0;
  for (int p = 0; p < planes; ++p) {
    const SourcePlane& plane = source->plane(p);
    row_table[p] = &scratch->filters.get(rows, row_axis(plane, plan), plan.interpolation, TableOrder::kStored);
    column_table[p] = &scratch->filters.get(columns, column_axis(plane, plan), plan.interpolation, TableOrder::kSlot);
    spans[p].resize(rows.length);
    for (int i = 0; i < rows.length; ++i) {
      const int taps = row_table[p]->taps[i];
      spans[p][i] = {row_table[p]->first[i], row_table[p]->first[i] + taps - 1};
      max_taps = std::max(max_taps, taps);
    }
  }

  RowRing ring(source, spans, &scratch->rows, cancelled);
  const int count = columns.length;
  int16_t* finished[kMaxPlanes];
  for (int p = 0; p < planes; ++p) {
    finished[p] = scratch->passes[p].reserve_as<int16_t>(static_cast<size_t>(count) + kernels::kReadAhead);
  }
  int widest_tap_row = kTapStep;
  for (int p = 0; p < planes; ++p) widest_tap_row = std::max(widest_tap_row, column_table[p]->stride);
  // A row between the passes, readable past its end by an entry's zero weights, and a row of gray.
  const size_t between_bytes = (static_cast<size_t>(luma.row_bytes) + widest_tap_row) * 2 + 2 * kernels::kReadAhead;
  uint8_t* line = scratch->passes[3].reserve(between_bytes + count + kernels::kReadAhead);
  int16_t* between = reinterpret_cast<int16_t*>(line);
  uint8_t* gray = line + between_bytes;

  std::vector<const uint8_t*> taps(max_taps);
  uint64_t excess = 0;
  for (int i = 0; i < rows.length; ++i) {
    const Status status = ring.advance_to(i);
    if (status != Status::kOk) return status;
    for (int p = 0; p < planes; ++p) {
      const TriangleTable& table = *row_table[p];
      for (int t = 0; t < table.taps[i]; ++t) taps[t] = ring.row(p, table.first[i] + t);
      kernels::filter_vertical(taps.data(), table.entry(i), table.taps[i], source->plane(p).delivered_width, between);
      kernels::filter_horizontal(between, *column_table[p], finished[p]);
    }
    const int position = slot_position(rows, plan.rows_reversed(), i);
    excess += finish_row(source->layout(), finished, count, channels, bgr, gray, writer->row(position));
    writer->commit(position);
  }
  writer->flush();
  *out_of_range = static_cast<double>(excess) / (64.0 * 3 * count * rows.length);
  return plan.reads_to_end() ? ring.drain() : Status::kOk;
}

}  // namespace fastseq
