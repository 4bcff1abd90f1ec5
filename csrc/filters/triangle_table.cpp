#include "filters/triangle_table.h"

#include <algorithm>
#include <cmath>

namespace fastseq {
namespace {

// Unrounded weights of consecutive samples.
struct Weights {
  int first = 0;
  std::vector<double> values;
};

// A triangle of half-width `support` around `center`, in samples; taps stay within [low, high).
void antialias_weights(double center, double support, int low, int high, Weights* out) {
  const int begin = std::clamp(static_cast<int>(center - support + 0.5), low, high - 1);
  const int end = std::clamp(static_cast<int>(center + support + 0.5), begin + 1, high);
  out->first = begin;
  out->values.assign(end - begin, 0.0);
  double sum = 0;
  for (int i = begin; i < end; ++i) {
    const double weight = std::max(0.0, 1.0 - std::abs(i + 0.5 - center) / support);
    out->values[i - begin] = weight;
    sum += weight;
  }
  if (sum <= 0) {
    out->values[0] = sum = 1;
  }
  for (double& value : out->values) value /= sum;
}

void linear_weights(double center, int low, int high, Weights* out) {
  const double position = std::clamp(center - 0.5, static_cast<double>(low), static_cast<double>(high - 1));
  const int begin = std::min(static_cast<int>(position), high - 1);
  const double fraction = position - begin;
  out->first = begin;
  if (fraction > 0 && begin + 1 < high) {
    out->values.assign({1 - fraction, fraction});
  } else {
    out->values.assign(1, 1.0);
  }
}

void filter_weights(Interpolation filter, double center, double support, int low, int high, Weights* out) {
  if (filter == Interpolation::kAntialias) {
    antialias_weights(center, support, low, high, out);
  } else {
    linear_weights(center, low, high, out);
  }
}

// A sample of an image that was reduced in the DCT stands for `scale` pixels: it gets the sum of their weights.
void fold_scale(int scale, Weights* weights) {
  const int first = weights->first / scale;
  int folded = 0;
  double sum = 0;
  for (size_t i = 0; i < weights->values.size(); ++i) {
    const int place = (weights->first + static_cast<int>(i)) / scale - first;
    if (place > folded) {
      weights->values[folded++] = sum;
      sum = 0;
    }
    sum += weights->values[i];
  }
  weights->values[folded] = sum;
  weights->values.resize(folded + 1);
  weights->first = first;
}

// Expresses weights of luma samples as weights of a subsampled plane's samples, through libjpeg's upsampling.
void compose_upsampling(const PlaneAxis& plane, const Weights& luma, Weights* out) {
  const int last = plane.samples - 1;
  const auto clamped = [last](int i) { return std::clamp(i, 0, last); };
  const int reach = plane.triangle ? 1 : 0;
  const int luma_last = luma.first + static_cast<int>(luma.values.size()) - 1;
  const int begin = clamped(luma.first / plane.upsampling - reach);
  const int end = clamped(luma_last / plane.upsampling + reach) + 1;
  out->first = begin;
  out->values.assign(end - begin, 0.0);
  for (size_t i = 0; i < luma.values.size(); ++i) {
    const int position = luma.first + static_cast<int>(i);
    const int nearest = clamped(position / plane.upsampling);
    if (plane.triangle) {
      const int other = clamped(position % 2 ? nearest + 1 : nearest - 1);
      out->values[nearest - begin] += 0.75 * luma.values[i];
      out->values[other - begin] += 0.25 * luma.values[i];
    } else {
      out->values[nearest - begin] += luma.values[i];
    }
  }
}

// Rounds the running sum, so that the integers add up exactly however many weights there are.
void store_entry(const Weights& weights, int16_t* out) {
  double running = 0;
  long stored = 0;
  for (size_t i = 0; i < weights.values.size(); ++i) {
    running += weights.values[i];
    const long rounded = std::lrint(running * (1 << kWeightBits));
    out[i] = static_cast<int16_t>(rounded - stored);
    stored = rounded;
  }
}

// An upper bound of the taps per entry.
int max_taps(double support, const PlaneAxis& plane, Interpolation filter) {
  int taps = filter == Interpolation::kLinear ? 2 : static_cast<int>(std::ceil(2 * support)) + 1;
  if (plane.scale > 1) taps = (taps - 1) / plane.scale + 2;
  if (plane.upsampling > 1) taps = (taps - 1) / plane.upsampling + (plane.triangle ? 4 : 2);
  return taps;
}

}  // namespace

int triangle_weights(const AxisMap& axis, Interpolation filter, int output, std::vector<double>* weights) {
  const double step = step_of(axis);
  const int low = axis.source_begin, high = low + axis.source_length;
  Weights found;
  filter_weights(filter, low + (output + 0.5) * step, std::max(1.0, step), low, high, &found);
  weights->swap(found.values);
  return found.first;
}

void make_triangle_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order,
                         TriangleTable* table) {
  const double step = step_of(axis);
  const double support = std::max(1.0, step);
  const int low = plane.reversed ? plane.pixels - axis.source_begin - axis.source_length : axis.source_begin;
  const int high = low + axis.source_length;

  const int n = axis.length;
  const int padded = (n + kEntryStep - 1) / kEntryStep * kEntryStep;
  table->size = n;
  table->first.resize(padded);
  table->taps.resize(padded);
  table->stride = (max_taps(support, plane, filter) + kTapStep - 1) / kTapStep * kTapStep;
  table->weights.assign(static_cast<size_t>(padded) * table->stride, 0);
  Weights luma, composed;
  for (int i = 0; i < padded; ++i) {
    const int entry = std::min(i, n - 1);
    const bool backwards = order == TableOrder::kStored ? plane.reversed : axis.mirror;
    const int output = axis.begin + (backwards ? n - 1 - entry : entry);
    const double upright = axis.source_begin + (output + 0.5) * step;
    const double center = plane.reversed ? plane.pixels - upright : upright;
    filter_weights(filter, center, support, low, high, &luma);
    if (plane.scale > 1) fold_scale(plane.scale, &luma);
    const Weights* weights = &luma;
    if (plane.upsampling > 1) {
      compose_upsampling(plane, luma, &composed);
      weights = &composed;
    }
    table->first[i] = weights->first - plane.origin;
    table->taps[i] = static_cast<int32_t>(weights->values.size());
    store_entry(*weights, table->weights.data() + static_cast<size_t>(i) * table->stride);
  }
}

}  // namespace fastseq
