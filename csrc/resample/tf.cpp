#include <algorithm>
#include <vector>

#include "filters/tf_table.h"
#include "kernels/tf.h"
#include "output/float_slot_writer.h"
#include "resample/horizontal_pass_cache.h"
#include "resample/resample.h"
#include "rows/row_ring.h"

namespace fastseq {
namespace {

// An image on its way through the two passes. TensorFlow's bilinear starts with the upright image's columns; where
// these are stored as rows, the vertical pass comes first.
struct TfPasses {
  RowSource* source;
  const ResamplePlan& plan;
  const Interpolation filter;
  const int pixel_size;  // values of a source pixel: 1 or 4
  const int channels;    // of the output: 1 or 3
  FloatSlotWriter* writer;
  ResampleScratch* scratch;
  const std::atomic<bool>& cancelled;

  int outputs() const { return plan.stored_rows().length; }
  int position(int i) const { return slot_position(plan.stored_rows(), plan.rows_reversed(), i); }
  int source_values() const { return source->plane(0).delivered_width * pixel_size; }
  size_t output_values() const { return static_cast<size_t>(plan.stored_columns().length) * channels; }
  float gain() const {
    return filter == Interpolation::kTfArea ? area_gain(plan.geometry.rows, plan.geometry.columns) : 1.0f;
  }
  // A row after the vertical pass, before the horizontal one.
  float* intermediate() const { return scratch->passes[0].reserve_as<float>(static_cast<size_t>(source_values())); }
};

std::vector<RowSpan> spans_of(const LerpTable& rows) {
  std::vector<RowSpan> spans;
  spans.reserve(rows.low.size());
  for (int i = 0; i < rows.size(); ++i) {
    spans.push_back({std::min(rows.low[i], rows.high[i]), std::max(rows.low[i], rows.high[i])});
  }
  return spans;
}

std::vector<RowSpan> spans_of(const SumTable& rows) {
  std::vector<RowSpan> spans;
  spans.reserve(rows.first.size());
  for (int i = 0; i < rows.size(); ++i) spans.push_back({rows.first[i], rows.last(i)});
  return spans;
}

Status lerp_horizontal_first(const TfPasses& p, const LerpTable& rows, const LerpTable& columns) {
  HorizontalPassCache cache(p.source, spans_of(rows), 2, p.output_values() + 1, p.scratch, p.cancelled);
  const auto pass = [&](const uint8_t* row, float* out) { kernels::lerp_horizontal(row, p.pixel_size, columns, out); };
  for (int i = 0; i < p.outputs(); ++i) {
    const float *low, *high;
    const bool backwards = rows.high[i] < rows.low[i];
    Status status = cache.get(backwards ? rows.high[i] : rows.low[i], pass, backwards ? &high : &low);
    if (status != Status::kOk) return status;
    status = cache.get(backwards ? rows.low[i] : rows.high[i], pass, backwards ? &low : &high);
    if (status != Status::kOk) return status;
    const int position = p.position(i);
    kernels::lerp_vertical(low, high, rows.fraction[i], static_cast<int>(p.output_values()), p.writer->row(position));
    p.writer->commit(position);
  }
  return p.plan.reads_to_end() ? cache.drain() : Status::kOk;
}

Status lerp_vertical_first(const TfPasses& p, const LerpTable& rows, const LerpTable& columns) {
  RowRing ring(p.source, {spans_of(rows)}, &p.scratch->rows, p.cancelled);
  float* intermediate = p.intermediate();
  for (int i = 0; i < p.outputs(); ++i) {
    const Status status = ring.advance_to(i);
    if (status != Status::kOk) return status;
    kernels::lerp_vertical(ring.row(0, rows.low[i]), ring.row(0, rows.high[i]), rows.fraction[i], p.source_values(),
                           intermediate);
    const int position = p.position(i);
    kernels::lerp_horizontal(intermediate, p.pixel_size, columns, p.writer->row(position));
    p.writer->commit(position);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

Status sum_horizontal_first(const TfPasses& p, const SumTable& rows, const SumTable& columns) {
  HorizontalPassCache cache(p.source, spans_of(rows), 1, p.output_values() + 1, p.scratch, p.cancelled);
  const auto pass = [&](const uint8_t* row, float* out) {
    kernels::sum_horizontal(row, p.pixel_size, columns, 1, out);
  };
  const float gain = p.gain();
  for (int i = 0; i < p.outputs(); ++i) {
    const int position = p.position(i);
    float* sums = p.writer->row(position);
    for (int t = 0; t < rows.taps[i]; ++t) {
      const float* row;
      const Status status = cache.get(rows.first[i] + t, pass, &row);
      if (status != Status::kOk) return status;
      const bool last = t + 1 == rows.taps[i];
      kernels::add_row(row, rows.entry(i)[t], t == 0, last ? gain : 1, static_cast<int>(p.output_values()), sums);
    }
    p.writer->commit(position);
  }
  return p.plan.reads_to_end() ? cache.drain() : Status::kOk;
}

// The source rows needed at each step, one step for each row of each output, in the order in which they are added.
std::vector<RowSpan> steps_of(const SumTable& rows) {
  std::vector<RowSpan> steps;
  for (int i = 0; i < rows.size(); ++i) {
    const int next = i + 1 < rows.size() ? rows.first[i + 1] : rows.last(i);
    for (int row = rows.first[i]; row <= rows.last(i); ++row) steps.push_back({std::min(row, next), row});
  }
  return steps;
}

Status sum_vertical_first(const TfPasses& p, const SumTable& rows, const SumTable& columns) {
  RowRing ring(p.source, {steps_of(rows)}, &p.scratch->rows, p.cancelled);
  float* intermediate = p.intermediate();
  int step = 0;
  for (int i = 0; i < p.outputs(); ++i) {
    for (int t = 0; t < rows.taps[i]; ++t) {
      const Status status = ring.advance_to(step++);
      if (status != Status::kOk) return status;
      const uint8_t* row = ring.row(0, rows.first[i] + t);
      kernels::add_row(row, rows.entry(i)[t], t == 0, 1, p.source_values(), intermediate);
    }
    const int position = p.position(i);
    kernels::sum_horizontal(intermediate, p.pixel_size, columns, p.gain(), p.writer->row(position));
    p.writer->commit(position);
  }
  return p.plan.reads_to_end() ? ring.drain() : Status::kOk;
}

}  // namespace

Status resample_tf(RowSource* source, const ResamplePlan& plan, const SlotFormat& format, uint8_t* slot,
                   ResampleScratch* scratch, const std::atomic<bool>& cancelled) {
  const SourcePlane& plane = source->plane(0);
  const bool gray = source->layout() == PixelLayout::kGray;
  const bool transpose = plan.orientation.transpose;
  const Interpolation filter = plan.interpolation;
  FloatSlotWriter writer(format, plan.geometry, transpose, gray ? 1 : 3, slot, &scratch->tile, scratch->clock);
  const TfPasses passage{source, plan, filter, gray ? 1 : 4, gray ? 1 : 3, &writer, scratch, cancelled};

  const auto pass = [&](auto make_table, auto upright, auto stored) {
    const auto rows = make_table(plan.stored_rows(), plan.row_axis(plane), filter, TableOrder::kStored);
    const auto columns = make_table(plan.stored_columns(), plan.column_axis(plane), filter, TableOrder::kSlot);
    return transpose ? stored(passage, rows, columns) : upright(passage, rows, columns);
  };
  const bool lerps = filter == Interpolation::kTfBilinear || filter == Interpolation::kTfNearest;
  const Status status = lerps ? pass(make_lerp_table, lerp_horizontal_first, lerp_vertical_first)
                              : pass(make_sum_table, sum_horizontal_first, sum_vertical_first);
  if (status == Status::kOk) writer.flush();
  return status;
}

}  // namespace fastseq
