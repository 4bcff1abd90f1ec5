#include "filters/pil_table.h"

#include <algorithm>
#include <cmath>

namespace fastseq {
namespace {

constexpr double kPi = 3.14159265358979323846;

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double sinc(double x) { return x == 0 ? 1.0 : std::sin(x * kPi) / (x * kPi); }

double hamming(double x) {
  x = std::abs(x);
  if (x == 0) return 1.0;
  if (x >= 1) return 0.0;
  x *= kPi;
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
  double (*weight)(double);
  double support;
};

Kernel kernel_of(Interpolation filter) {
  switch (filter) {
    case Interpolation::kPilBox:
      return {box, 0.5};
    case Interpolation::kPilHamming:
      return {hamming, 1.0};
    case Interpolation::kPilBicubic:
      return {bicubic, 2.0};
    case Interpolation::kPilLanczos:
      return {lanczos, 3.0};
    default:
      return {triangle, 1.0};
  }
}

int32_t to_fixed(double weight) { return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kPilBits)); }

// Gives all outputs the same number of taps, as an unpredictable branch costs more than a product with 0. Entries stay
// within the samples.
void equalize_taps(int samples, PilTable* table) {
  const int max_taps = *std::max_element(table->taps.begin(), table->taps.end());
  for (size_t i = 0; i < table->first.size(); ++i) {
    const int shift = std::max(table->first[i] + max_taps - samples, 0);
    table->first[i] -= shift;
    for (std::vector<int16_t>* halves : {&table->low, &table->high}) {
      int16_t* begin = halves->data() + i * table->stride;
      std::rotate(begin, begin + table->stride - shift, begin + table->stride);
    }
    table->taps[i] = max_taps;
  }
}

}  // namespace

int pil_weights(const AxisMap& axis, Interpolation filter, int samples, int output, std::vector<double>* weights) {
  if (!pil_resizes(axis)) {
    weights->assign(1, 1.0);
    return axis.source_begin + output;
  }
  const Kernel kernel = kernel_of(filter);
  const double step = step_of(axis);
  const double reduction = std::max(step, 1.0);
  const double support = kernel.support * reduction;
  const double inverse = 1.0 / reduction;
  const double center = axis.source_begin + (output + 0.5) * step;
  const int begin = std::max(static_cast<int>(center - support + 0.5), 0);
  const int end = std::min(static_cast<int>(center + support + 0.5), samples);
  weights->clear();
  double sum = 0;
  for (int i = begin; i < end; ++i) {
    weights->push_back(kernel.weight((i - center + 0.5) * inverse));
    sum += weights->back();
  }
  if (sum != 0) {
    for (double& weight : *weights) weight /= sum;
  }
  return begin;
}

PilTable make_pil_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order) {
  const double support = kernel_of(filter).support * std::max(step_of(axis), 1.0);
  const int max_taps = std::min(static_cast<int>(std::ceil(support)) * 2 + 1, plane.pixels);
  const int n = axis.length;
  const int padded = (n + kEntryStep - 1) / kEntryStep * kEntryStep;
  PilTable table;
  table.size = n;
  table.stride = (max_taps + kTapStep - 1) / kTapStep * kTapStep;
  table.first.resize(padded);
  table.taps.resize(padded);
  table.low.assign(static_cast<size_t>(padded) * table.stride, 0);
  table.high.assign(static_cast<size_t>(padded) * table.stride, 0);
  const bool backwards = order == TableOrder::kStored ? plane.reversed : axis.mirror;
  std::vector<double> weights;
  for (int i = 0; i < padded; ++i) {
    const int entry = std::min(i, n - 1);
    const int output = axis.begin + (backwards ? n - 1 - entry : entry);
    const int first = pil_weights(axis, filter, plane.pixels, output, &weights);
    const int taps = static_cast<int>(weights.size());
    if (plane.reversed) std::reverse(weights.begin(), weights.end());
    table.first[i] = (plane.reversed ? plane.pixels - first - taps : first) - plane.origin;
    table.taps[i] = taps;
    int16_t* low = table.low.data() + static_cast<size_t>(i) * table.stride;
    int16_t* high = table.high.data() + static_cast<size_t>(i) * table.stride;
    for (int t = 0; t < taps; ++t) {
      const int32_t fixed = to_fixed(weights[t]);
      low[t] = static_cast<int16_t>(fixed & ((1 << kPilLowBits) - 1));
      high[t] = static_cast<int16_t>(fixed >> kPilLowBits);
    }
  }
  if (order == TableOrder::kSlot) equalize_taps(plane.samples, &table);
  return table;
}

int pil_margin(const AxisMap& axis, Interpolation filter) {
  if (filter == Interpolation::kPilNearest || !pil_resizes(axis)) return 0;
  return static_cast<int>(std::ceil(kernel_of(filter).support * std::max(step_of(axis), 1.0))) + 1;
}

bool pil_vertical_first(const Geometry& geometry, int height, int width) {
  const int lost_rows = height - geometry.rows.grid;
  return lost_rows > 0 && lost_rows > 2 * (width - geometry.columns.grid);
}

}  // namespace fastseq
