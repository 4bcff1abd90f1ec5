#include "filters/pair_table.h"

#include <algorithm>
#include <cmath>

#include "filters/axis.h"

namespace fastseq {
namespace {

Pair neighbors(int floor, float fraction, int last) {
  return {std::clamp(floor, 0, last), std::clamp(floor + 1, 0, last), fraction};
}

// cv2.resize computes scale = 1 / (dst / src), with these roundings.
Pair cv2_linear(int output, double scale, int last) {
  const float position = static_cast<float>((output + 0.5) * scale - 0.5);
  const int floor = static_cast<int>(std::floor(position));
  return neighbors(floor, position - static_cast<float>(floor), last);
}

// INTER_AREA where an axis grows: an output within one sample takes that sample.
Pair cv2_area(int output, double inverse, double scale, int last) {
  const int floor = static_cast<int>(std::floor(output * scale));
  const float fraction = static_cast<float>((output + 1) - (floor + 1) * inverse);
  return neighbors(floor, fraction <= 0 ? 0.f : fraction - std::floor(fraction), last);
}

// Pillow accumulates the positions.
std::vector<Pair> pil_nearest(const AxisMap& axis) {
  const double scale = step_of(axis);
  const int last = axis.source_begin + axis.source_length - 1;
  std::vector<Pair> pairs(axis.length);
  double position = axis.source_begin + scale * 0.5;
  for (int i = 0; i < axis.begin + axis.length; ++i, position += scale) {
    const int picked = std::min(static_cast<int>(position), last) - axis.source_begin;
    if (i >= axis.begin) pairs[i - axis.begin] = {picked, picked, 0};
  }
  return pairs;
}

void set_entry(int i, int begin, const Pair& pair, PairTable* table) {
  table->low[i] = begin + pair.low;
  table->high[i] = begin + pair.high;
  table->weight_low[i] = static_cast<int16_t>(std::lrint((1.f - pair.fraction) * 2048));
  table->weight_high[i] = static_cast<int16_t>(std::lrint(pair.fraction * 2048));
}

}  // namespace

std::vector<Pair> make_pairs(const AxisMap& axis, Interpolation filter, bool columns) {
  if (filter == Interpolation::kPilNearest) return pil_nearest(axis);
  const double inverse = static_cast<double>(axis.grid) / axis.source_length;
  const double scale = 1.0 / inverse;
  const int last = axis.source_length - 1;
  std::vector<Pair> pairs(axis.length);
  for (int i = 0; i < axis.length; ++i) {
    const int output = axis.begin + i;
    Pair& pair = pairs[i];
    if (filter == Interpolation::kCv2Nearest) {
      const int picked = std::min(static_cast<int>(std::floor(output * scale)), last);
      pair = {picked, picked, 0};
    } else {
      pair =
          filter == Interpolation::kCv2Area ? cv2_area(output, inverse, scale, last) : cv2_linear(output, scale, last);
      // At the edges cv2 drops the fraction of columns, but not of rows.
      if (columns && pair.low == pair.high) pair.fraction = 0;
    }
  }
  return pairs;
}

PairTable make_pair_table(const AxisMap& axis, Interpolation filter, bool columns) {
  PairTable table;
  for (std::vector<int32_t>* indices : {&table.low, &table.high}) indices->resize(axis.length);
  for (std::vector<int16_t>* weights : {&table.weight_low, &table.weight_high}) weights->resize(axis.length);
  const std::vector<Pair> pairs = make_pairs(axis, filter, columns);
  for (int i = 0; i < axis.length; ++i) set_entry(i, axis.source_begin, pairs[i], &table);
  return table;
}

}  // namespace fastseq
