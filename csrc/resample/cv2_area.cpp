#include <algorithm>
#include <vector>

#include "filters/cv2_area_table.h"
#include "kernels/cv2_area.h"
#include "resample/horizontal_pass_ring.h"
#include "resample/packed_passes.h"
#include "resample/resample.h"

namespace fastseq {
namespace {

std::vector<RowSpan> spans_of(const Cv2AreaTable& rows) {
  std::vector<RowSpan> spans(rows.size);
  for (int i = 0; i < rows.size; ++i) {
    const int last = rows.first[i] + rows.step * (rows.taps(i) - 1);
    spans[i] = {std::min(rows.first[i], last), std::max(rows.first[i], last)};
  }
  return spans;
}

// Between the passes are sums of 4 bytes.
struct Passes : PackedPasses<Cv2AreaTable> {
  Cv2AreaRounding rounding;
};

Status horizontal_first(const Passes& p) {
  const int pixel_size = p.pixel_size();
  const int count = p.columns.size * pixel_size;
  const size_t row_bytes = static_cast<size_t>(count) * sizeof(float);
  HorizontalPassRing ring(p.source, spans_of(p.rows), row_bytes, p.scratch, p.cancelled);
  uint8_t* packed = p.scratch->passes[1].reserve(count);
  const int width = p.source->plane(0).delivered_width;
  uint8_t* scratch = p.scratch->passes[2].reserve(kernels::cv2_area_scratch_bytes(width));
  const auto pass = [&](const uint8_t* const* in, int rows, uint8_t* const* out) {
    kernels::cv2_area_sum_horizontal(in, rows, pixel_size, width, p.columns, p.rounding.integer, scratch, out);
  };
  std::vector<const uint8_t*> upright;
  for (int i = 0; i < p.rows.size; ++i) {
    const Status status = ring.advance_to(i, pass);
    if (status != Status::kOk) return status;
    const uint8_t* const* rows = ring.rows(i);
    const int taps = p.rows.taps(i);
    upright.assign(rows, rows + taps);
    if (p.rows.step < 0) std::reverse(upright.begin(), upright.end());
    kernels::cv2_area_finish_vertical(upright.data(), p.rows.weights_of(i), taps, p.rounding, count, packed);
    p.write(i, packed);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

Status vertical_first(const Passes& p) {
  const int pixel_size = p.pixel_size();
  const int width = p.source->plane(0).delivered_width * pixel_size;
  RowRing ring(p.source, {spans_of(p.rows)}, &p.scratch->rows, p.cancelled);
  uint8_t* sums = p.scratch->passes[0].reserve(static_cast<size_t>(width) * sizeof(float) + kernels::kReadAhead);
  uint8_t* packed = p.scratch->passes[1].reserve(p.columns.size * pixel_size + kernels::kReadAhead);
  std::vector<const uint8_t*> rows;
  for (int i = 0; i < p.rows.size; ++i) {
    const Status status = ring.advance_to(i);
    if (status != Status::kOk) return status;
    const int taps = p.rows.taps(i);
    rows.clear();
    for (int t = 0; t < taps; ++t) rows.push_back(ring.row(0, p.rows.first[i] + p.rows.step * t));
    kernels::cv2_area_sum_vertical(rows.data(), p.rows.weights_of(i), taps, p.rounding.integer, width, sums);
    kernels::cv2_area_finish_horizontal(sums, pixel_size, p.columns, p.rounding, packed);
    p.write(i, packed);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

}  // namespace

Status resample_cv2_area(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                         const std::atomic<bool>& cancelled) {
  const AxisMap& row_map = plan.stored_rows();
  const AxisMap& column_map = plan.stored_columns();
  if (!uses_cv2_area(row_map, column_map)) return resample_two_tap(source, plan, writer, scratch, cancelled);
  const SourcePlane& plane = source->plane(0);
  const Cv2AreaRounding rounding = Cv2AreaRounding::of(row_map, column_map);
  const Cv2AreaTable rows = make_cv2_area_table(row_map, plan.row_axis(plane), rounding.integer, TableOrder::kStored);
  const Cv2AreaTable columns =
      make_cv2_area_table(column_map, plan.column_axis(plane), rounding.integer, TableOrder::kSlot);
  const Passes passes{{source, plan, rows, columns, writer, scratch, cancelled}, rounding};
  // In a transposed image cv2's horizontal pass runs down the stored columns.
  const Status status = plan.orientation.transpose ? vertical_first(passes) : horizontal_first(passes);
  writer->flush();
  return status;
}

}  // namespace fastseq
