#include <algorithm>
#include <vector>

#include "kernels/cv2.h"
#include "resample/resample.h"
#include "rows/row_ring.h"

namespace fastseq {
namespace {

// Converts upright positions to positions in delivered rows.
void to_stored(int stored_size, bool reversed, int origin, PairTable* table) {
  if (reversed) {
    for (size_t i = 0; i < table->low.size(); ++i) {
      table->low[i] = stored_size - 1 - table->low[i];
      table->high[i] = stored_size - 1 - table->high[i];
      if (table->low[i] == table->high[i]) continue;  // an edge: one weight is 0
      std::swap(table->low[i], table->high[i]);
      std::swap(table->weight_low[i], table->weight_high[i]);
    }
  }
  for (size_t i = 0; i < table->low.size(); ++i) {
    table->low[i] -= origin;
    table->high[i] -= origin;
  }
}

void reverse_entries(PairTable* table) {
  std::reverse(table->low.begin(), table->low.end());
  std::reverse(table->high.begin(), table->high.end());
  std::reverse(table->weight_low.begin(), table->weight_low.end());
  std::reverse(table->weight_high.begin(), table->weight_high.end());
}

// The horizontal pass reads two neighbors at once; where cv2 reads a single pixel at an edge, the other gets weight 0.
// Needs two columns.
void pad_edges(int delivered_width, PairTable* table) {
  for (size_t i = 0; i < table->low.size(); ++i) {
    if (table->low[i] != table->high[i] || delivered_width < 2) continue;
    const bool at_end = table->low[i] == delivered_width - 1;
    const int16_t whole = static_cast<int16_t>(table->weight_low[i] + table->weight_high[i]);
    table->low[i] -= at_end;
    table->high[i] = table->low[i] + 1;
    table->weight_low[i] = at_end ? int16_t{0} : whole;
    table->weight_high[i] = at_end ? whole : int16_t{0};
  }
}

void replicate_weights(PairTable* table) {
  table->replicated.reserve(table->low.size() * 8);
  for (size_t i = 0; i < table->low.size(); ++i) {
    for (int channel = 0; channel < 4; ++channel) {
      table->replicated.push_back(table->weight_low[i]);
      table->replicated.push_back(table->weight_high[i]);
    }
  }
}

// The two rows filtered last, reused by the next output row.
struct HorizontalSums {
  int row[2] = {-1, -1};
  int16_t* sums[2];
  int next = 0;

  template <class Fill>
  const int16_t* get(int wanted, int keep, Fill fill) {
    for (int k = 0; k < 2; ++k) {
      if (row[k] == wanted) return sums[k];
    }
    if (row[next] == keep) next ^= 1;
    const int k = next;
    fill(sums[k]);
    row[k] = wanted;
    next ^= 1;
    return sums[k];
  }
};

bool halves(const AxisMap& axis) { return axis.source_length % 2 == 0 && axis.source_length / 2 == axis.grid; }

}  // namespace

Status resample_two_tap(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                        const std::atomic<bool>& cancelled) {
  const SourcePlane& plane = source->plane(0);
  const int pixel_size = source->layout() == PixelLayout::kGray ? 1 : 4;
  const bool transpose = plan.orientation.transpose;
  const AxisMap& row_map = plan.stored_rows();
  const AxisMap& column_map = plan.stored_columns();
  const bool linear = plan.interpolation == Interpolation::kCv2Linear || plan.interpolation == Interpolation::kCv2Area;
  const bool mean = linear && halves(row_map) && halves(column_map);

  PairTable rows = make_pair_table(row_map, plan.interpolation, transpose);
  PairTable columns = make_pair_table(column_map, plan.interpolation, !transpose);
  to_stored(plan.stored_height, plan.rows_reversed(), plane.y0, &rows);
  to_stored(plan.stored_width, plan.columns_reversed(), plane.x0, &columns);
  if (plan.rows_reversed()) reverse_entries(&rows);
  if (column_map.mirror) reverse_entries(&columns);
  if (linear && !transpose && !mean) {
    pad_edges(plane.delivered_width, &columns);
    replicate_weights(&columns);
  }

  std::vector<std::vector<RowSpan>> spans(1);
  for (int i = 0; i < row_map.length; ++i) spans[0].push_back({rows.low[i], rows.high[i]});
  RowRing ring(source, spans, &scratch->rows, cancelled);

  const int count = column_map.length;
  const size_t sums = static_cast<size_t>(std::max(count, plane.delivered_width)) * pixel_size + kernels::kReadAhead;
  HorizontalSums cache;
  cache.sums[0] = scratch->passes[0].reserve_as<int16_t>(sums);
  cache.sums[1] = scratch->passes[1].reserve_as<int16_t>(sums);
  uint8_t* packed = scratch->passes[2].reserve(static_cast<size_t>(count) * pixel_size + kernels::kReadAhead);

  for (int i = 0; i < row_map.length; ++i) {
    const Status status = ring.advance_to(i);
    if (status != Status::kOk) return status;
    const uint8_t* low = ring.row(0, rows.low[i]);
    const uint8_t* high = ring.row(0, rows.high[i]);
    const int position = slot_position(row_map, plan.rows_reversed(), i);
    if (!linear && pixel_size == 4) {
      kernels::pick_colors(low, columns, writer->row(position));
      writer->commit(position);
      continue;
    }
    if (!linear) {
      kernels::pick_gray(low, columns, packed);
    } else if (mean) {
      kernels::mean_2x2(low, high, pixel_size, columns, packed);
    } else if (transpose) {  // cv2's horizontal pass runs down the stored columns
      kernels::cv2_vertical(low, high, rows.weight_low[i], rows.weight_high[i], plane.delivered_width * pixel_size,
                            cache.sums[0]);
      kernels::cv2_horizontal(cache.sums[0], pixel_size, columns, packed);
    } else {
      const auto pass = [&](const uint8_t* row) {
        return [&columns, row, pixel_size](int16_t* out) { kernels::cv2_horizontal(row, pixel_size, columns, out); };
      };
      const int16_t* a = cache.get(rows.low[i], rows.high[i], pass(low));
      const int16_t* b = cache.get(rows.high[i], rows.low[i], pass(high));
      kernels::cv2_vertical(a, b, rows.weight_low[i], rows.weight_high[i], count * pixel_size, packed);
    }
    writer->write(position, packed, pixel_size, count);
  }
  writer->flush();
  return plan.reads_to_end() ? ring.drain() : Status::kOk;
}

}  // namespace fastseq
