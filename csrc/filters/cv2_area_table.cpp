#include "filters/cv2_area_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fastseq {
namespace {

// cv2 ignores smaller shares of a sample.
constexpr double kMinShare = 1e-3;

double scale_of(const AxisMap& axis) { return 1.0 / (static_cast<double>(axis.grid) / axis.source_length); }

bool is_integer(double scale) {
  return std::abs(scale - std::nearbyint(scale)) < std::numeric_limits<double>::epsilon();
}

// Appends the weights of one output and returns its first sample.
int compute_weights(int output, double scale, int samples, std::vector<float>* weights) {
  const double from = output * scale;
  const double to = from + scale;
  const double width = std::min(scale, samples - from);
  const int end = std::min(static_cast<int>(std::floor(to)), samples - 1);
  const int begin = std::min(static_cast<int>(std::ceil(from)), end);
  const bool part_before = begin - from > kMinShare;
  if (part_before) weights->push_back(static_cast<float>((begin - from) / width));
  weights->insert(weights->end(), end - begin, static_cast<float>(1.0 / width));
  if (to - end > kMinShare) weights->push_back(static_cast<float>(std::min(std::min(to - end, 1.0), width) / width));
  return part_before ? begin - 1 : begin;
}

// Gives all outputs the same number of taps, as an unpredictable branch costs more than a term of 0. Entries stay
// within the samples.
void equalize_taps(int samples, Cv2AreaTable* table) {
  const int padded = (table->size + kEntryStep - 1) / kEntryStep * kEntryStep;
  int max_taps = 0;
  for (int i = 0; i < table->size; ++i) max_taps = std::max(max_taps, table->taps(i));
  std::vector<float> weights(static_cast<size_t>(padded) * max_taps, 0.f);
  for (int i = 0; i < table->size; ++i) {
    const int last = table->first[i] + table->step * (max_taps - 1);
    const int shift = std::max(table->step > 0 ? last - (samples - 1) : -last, 0);
    table->first[i] -= table->step * shift;
    std::copy_n(table->weights_of(i), table->taps(i), weights.data() + static_cast<size_t>(i) * max_taps + shift);
  }
  table->first.resize(padded, table->first.back());
  table->offsets.resize(padded + 1);
  for (int i = 0; i <= padded; ++i) table->offsets[i] = i * max_taps;
  table->weights = std::move(weights);
}

}  // namespace

Cv2AreaRounding Cv2AreaRounding::of(const AxisMap& rows, const AxisMap& columns) {
  const double down = scale_of(rows), across = scale_of(columns);
  Cv2AreaRounding rounding;
  rounding.integer = is_integer(down) && is_integer(across);
  if (!rounding.integer) return rounding;
  rounding.quarter = std::nearbyint(down) == 2 && std::nearbyint(across) == 2;
  rounding.scale = 1.f / static_cast<float>(static_cast<int>(std::nearbyint(down) * std::nearbyint(across)));
  return rounding;
}

bool uses_cv2_area(const AxisMap& rows, const AxisMap& columns) {
  const bool same = rows.grid == rows.source_length && columns.grid == columns.source_length;
  return !same && scale_of(rows) >= 1 && scale_of(columns) >= 1;
}

Cv2AreaTable make_cv2_area_table(const AxisMap& axis, const PlaneAxis& plane, bool integer, TableOrder order) {
  const double scale = scale_of(axis);
  const int n = axis.length;
  const bool backwards = order == TableOrder::kStored ? plane.reversed : axis.mirror;
  Cv2AreaTable table;
  table.size = n;
  table.step = plane.reversed ? -1 : 1;
  table.offsets.push_back(0);
  for (int i = 0; i < n; ++i) {
    const int output = axis.begin + (backwards ? n - 1 - i : i);
    int first;
    if (integer) {
      const int factor = static_cast<int>(std::nearbyint(scale));
      first = output * factor;
      table.weights.insert(table.weights.end(), factor, 1.f);
    } else {
      first = compute_weights(output, scale, axis.source_length, &table.weights);
    }
    const int upright = axis.source_begin + first;
    table.first.push_back((plane.reversed ? plane.pixels - 1 - upright : upright) - plane.origin);
    table.offsets.push_back(static_cast<int32_t>(table.weights.size()));
  }
  if (order == TableOrder::kSlot) equalize_taps(plane.samples, &table);
  return table;
}

}  // namespace fastseq
