#include <vector>

#include "filters/pil_table.h"
#include "kernels/pil.h"
#include "resample/horizontal_pass_ring.h"
#include "resample/packed_passes.h"
#include "resample/resample.h"

namespace fastseq {
namespace {

std::vector<RowSpan> spans_of(const PilTable& rows) {
  std::vector<RowSpan> spans(rows.size);
  for (int i = 0; i < rows.size; ++i) spans[i] = {rows.first[i], rows.first[i] + rows.taps[i] - 1};
  return spans;
}

using Passes = PackedPasses<PilTable>;

Status horizontal_first(const Passes& p) {
  const int pixel_size = p.pixel_size();
  const int count = p.columns.size * pixel_size;
  HorizontalPassRing ring(p.source, spans_of(p.rows), count, p.scratch, p.cancelled);
  uint8_t* packed = p.scratch->passes[1].reserve(count);
  const auto pass = [&](const uint8_t* const* in, int rows, uint8_t* const* out) {
    kernels::pil_horizontal(in, rows, pixel_size, p.columns, out);
  };
  const bool resizes = pil_resizes(p.plan.stored_rows());
  for (int i = 0; i < p.rows.size; ++i) {
    const Status status = ring.advance_to(i, pass);
    if (status != Status::kOk) return status;
    const uint8_t* const* rows = ring.rows(i);
    if (resizes) kernels::pil_vertical(rows, p.rows.low_of(i), p.rows.high_of(i), p.rows.taps[i], count, packed);
    p.write(i, resizes ? packed : rows[0]);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

Status vertical_first(const Passes& p) {
  const int pixel_size = p.pixel_size();
  const int width = p.source->plane(0).delivered_width * pixel_size;
  RowRing ring(p.source, {spans_of(p.rows)}, &p.scratch->rows, p.cancelled);
  uint8_t* line = p.scratch->passes[0].reserve(width + kernels::kReadAhead);
  uint8_t* packed = p.scratch->passes[1].reserve(p.columns.size * pixel_size + kernels::kReadAhead);
  std::vector<const uint8_t*> rows(p.rows.stride);
  for (int i = 0; i < p.rows.size; ++i) {
    const Status status = ring.advance_to(i);
    if (status != Status::kOk) return status;
    const int taps = p.rows.taps[i];
    for (int t = 0; t < taps; ++t) rows[t] = ring.row(0, p.rows.first[i] + t);
    kernels::pil_vertical(rows.data(), p.rows.low_of(i), p.rows.high_of(i), taps, width, line);
    kernels::pil_horizontal(&line, 1, pixel_size, p.columns, &packed);
    p.write(i, packed);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

}  // namespace

Status resample_pil(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                    const std::atomic<bool>& cancelled) {
  const SourcePlane& plane = source->plane(0);
  const bool transpose = plan.orientation.transpose;
  const AxisMap& row_map = plan.stored_rows();
  const AxisMap& column_map = plan.stored_columns();
  const PilTable rows = make_pil_table(row_map, plan.row_axis(plane), plan.interpolation, TableOrder::kStored);
  const PilTable columns = make_pil_table(column_map, plan.column_axis(plane), plan.interpolation, TableOrder::kSlot);
  const Passes passes{source, plan, rows, columns, writer, scratch, cancelled};

  const int height = transpose ? plan.stored_width : plan.stored_height;
  const int width = transpose ? plan.stored_height : plan.stored_width;
  bool vertical_pass_first = pil_vertical_first(plan.geometry, height, width) != transpose;
  // Where only one axis is resized, the other pass copies pixels: it comes where there are fewer of them.
  if (!pil_resizes(row_map)) vertical_pass_first = false;
  if (!pil_resizes(column_map)) vertical_pass_first = pil_resizes(row_map);
  const Status status = vertical_pass_first ? vertical_first(passes) : horizontal_first(passes);
  writer->flush();
  return status;
}

}  // namespace fastseq
