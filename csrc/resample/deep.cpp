#include <algorithm>
#include <cmath>
#include <vector>

#include "base/limits.h"
#include "filters/pil_table.h"
#include "filters/weight_table.h"
#include "output/float_slot_writer.h"
#include "resample/resample.h"

namespace fastseq {
namespace {

constexpr double kMaxUint16 = 65535;

// What Pillow keeps between its passes and after them.
enum class Rounding { kNone, kUint16, kInteger, kFloat };

Rounding rounding_of(Interpolation filter, SampleType type) {
  if (!is_pil(filter) || filter == Interpolation::kPilNearest) return Rounding::kNone;
  if (type == SampleType::kUint16) return Rounding::kUint16;
  return type == SampleType::kInt16 || type == SampleType::kInt32 ? Rounding::kInteger : Rounding::kFloat;
}

void round_row(Rounding rounding, double* row, size_t count) {
  if (rounding == Rounding::kNone) return;
  for (size_t i = 0; i < count; ++i) {
    if (rounding == Rounding::kFloat) {
      row[i] = static_cast<float>(row[i]);
      continue;
    }
    row[i] = std::round(row[i]);
    if (rounding == Rounding::kUint16) row[i] = std::clamp(row[i], 0.0, kMaxUint16);
  }
}

void filter_row(const double* in, const WeightTable& columns, int channels, double* out) {
  for (int i = 0; i < columns.size(); ++i) {
    const double* weights = columns.weights(i);
    for (int c = 0; c < channels; ++c) {
      const double* from = in + static_cast<size_t>(columns.first(i)) * channels + c;
      double sum = 0;
      for (int t = 0; t < columns.taps(i); ++t) sum += from[static_cast<size_t>(t) * channels] * weights[t];
      *out++ = sum;
    }
  }
}

void add_row(const double* in, double weight, size_t count, double* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += in[i] * weight;
}

// Integer items hold 0..max; NaN becomes 0.
void store_row(const double* row, size_t count, const SlotFormat& format, bool mirror, int channels, float* out) {
  const size_t pixels = count / channels;
  const bool integers = format.has_integers();
  const double max = format.item_bytes == 1 ? 255 : kMaxUint16;
  for (size_t x = 0; x < pixels; ++x, row += channels) {
    float* to = out + (mirror ? pixels - 1 - x : x) * channels;
    for (int c = 0; c < channels; ++c) {
      to[c] = static_cast<float>(!integers ? row[c] : row[c] > 0 ? std::min(row[c], max) : 0);
    }
  }
}

}  // namespace

Status resample_deep(const DeepImage& image, bool bgr, bool swap, const ResamplePlan& plan, const SlotFormat& format,
                     uint8_t* slot, ResampleScratch* scratch, const std::atomic<bool>& cancelled) {
  const int channels = std::min(image.channels, format.channels);
  const DeepRows source(image, plan.orientation, channels, bgr, swap);
  const Geometry& geometry = plan.geometry;
  const WeightTables tables = make_weight_tables(geometry, source.height(), source.width(), plan.interpolation);
  const WeightTable &rows = tables.rows, &columns = tables.columns;
  const Rounding rounding = rounding_of(plan.interpolation, image.type);
  const bool vertical_first =
      is_pil(plan.interpolation) && pil_vertical_first(geometry, source.height(), source.width());

  // A ring of the source rows that the current output row needs, filtered horizontally unless that comes last.
  const size_t read = static_cast<size_t>(source.width()) * channels;
  const size_t written = static_cast<size_t>(columns.size()) * channels;
  const size_t kept = vertical_first ? read : written;
  const int capacity = rows.max_taps();
  const size_t doubles = kept * capacity + read + kept + written;
  if (doubles > scratch->rows.max_bytes / sizeof(double)) throw TooMuchMemory();
  double* ring = scratch->passes[0].reserve_as<double>(doubles);
  double* line = ring + kept * capacity;
  double* sums = line + read;
  double* finished = sums + kept;

  FloatSlotWriter writer(format, geometry, false, channels, slot, &scratch->tile, scratch->clock);
  int next = 0;  // the first row that is not in the ring yet
  for (int i = 0; i < rows.size(); ++i) {
    if (cancelled.load(std::memory_order_relaxed)) return Status::kCancelled;
    for (next = std::max(next, rows.first(i)); next <= rows.last(i); ++next) {
      double* row = ring + kept * (next % capacity);
      if (vertical_first) {
        source.read(next, row);
      } else {
        source.read(next, line);
        filter_row(line, columns, channels, row);
        round_row(rounding, row, kept);
      }
    }
    std::fill_n(sums, kept, 0.0);
    for (int t = 0; t < rows.taps(i); ++t) {
      add_row(ring + kept * ((rows.first(i) + t) % capacity), rows.weights(i)[t], kept, sums);
    }
    round_row(rounding, sums, kept);
    if (vertical_first) {
      filter_row(sums, columns, channels, finished);
      round_row(rounding, finished, written);
    }
    const int position = slot_position(geometry.rows, false, i);
    store_row(vertical_first ? finished : sums, written, format, geometry.columns.mirror, channels,
              writer.row(position));
    writer.commit(position);
  }
  writer.flush();
  return Status::kOk;
}

}  // namespace fastseq
