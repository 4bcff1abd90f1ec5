#include "filters/tf_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fastseq {
namespace {

// The weights of one output over pixels of the window.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

float resize_scale(const AxisMap& axis) {
  return static_cast<float>(axis.source_length) / static_cast<float>(axis.grid);
}

float sample_position(int output, float scale) { return (static_cast<float>(output) + 0.5f) * scale; }

int upright_output(const AxisMap& axis, bool reversed, TableOrder order, int i) {
  const bool backwards = order == TableOrder::kSlot ? axis.mirror : reversed;
  return axis.begin + (backwards ? axis.length - 1 - i : i);
}

int delivered_index(const AxisMap& axis, const PlaneAxis& delivered, int pixel) {
  const int upright = axis.source_begin + pixel;
  return (delivered.reversed ? delivered.pixels - 1 - upright : upright) - delivered.origin;
}

void normalize(std::vector<float>* weights) {
  float sum = 0;
  for (float w : *weights) sum += w;
  if (std::abs(sum) < 1000.0f * std::numeric_limits<float>::min()) {
    std::fill(weights->begin(), weights->end(), 0.0f);
    return;
  }
  const float inverse = 1.0f / sum;
  for (float& w : *weights) w *= inverse;
}

// ResizeBicubic looks up Keys's cubic kernel at multiples of 1/1024.
constexpr int kCubicSteps = 1024;

float cubic_near(int step) {
  const float x = static_cast<float>(step * 1.0 / kCubicSteps);
  const double a = -0.5;
  return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
}

float cubic_far(int step) {
  const float x = static_cast<float>(step * 1.0 / kCubicSteps) + 1.0f;
  const double a = -0.5;
  return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

void bicubic_taps(const AxisMap& axis, int output, Taps* taps) {
  const float position = sample_position(output, resize_scale(axis)) - 0.5f;
  const float whole = std::floor(position);
  const int floor = std::clamp(static_cast<int>(whole), -1, axis.source_length - 1);
  const int step = static_cast<int>(std::lrint((position - whole) * kCubicSteps));
  const float weights[4] = {cubic_far(step), cubic_near(step), cubic_near(kCubicSteps - step),
                            cubic_far(kCubicSteps - step)};
  taps->first = std::clamp(floor - 1, 0, axis.source_length - 1);
  for (int k = 0; k < 4; ++k) {
    const int pixel = floor - 1 + k;
    if (pixel >= 0 && pixel < axis.source_length) taps->weights.push_back(weights[k]);
  }
  normalize(&taps->weights);
}

void area_taps(const AxisMap& axis, int output, Taps* taps) {
  const float scale = resize_scale(axis);
  const float from = static_cast<float>(output) * scale, to = static_cast<float>(output + 1) * scale;
  const int first = static_cast<int>(std::floor(from)), end = static_cast<int>(std::ceil(to));
  const int last_pixel = axis.source_length - 1;
  taps->first = std::clamp(first, 0, last_pixel);
  for (int pixel = first; pixel < end; ++pixel) {
    const float left = static_cast<float>(pixel), right = static_cast<float>(pixel + 1);
    float weight;
    if (left < from) {
      weight = right > to ? scale : right - from;
    } else {
      weight = right > to ? to - left : 1.0f;
    }
    const bool beyond = pixel > last_pixel && !taps->weights.empty();  // by rounding: adds to the edge pixel
    if (beyond) {
      taps->weights.back() += weight;
    } else {
      taps->weights.push_back(weight);
    }
  }
}

float lanczos(float x, float radius) {
  constexpr float kPi = 3.14159265359f;
  if (x > radius) return 0;
  if (x <= 1e-3f) return 1;
  return radius * std::sin(kPi * x) * std::sin(kPi * x / radius) / (kPi * kPi * x * x);
}

float gaussian(float x, float radius) {
  const float sigma = radius / 3.0f;
  return x >= radius ? 0 : static_cast<float>(std::exp(-x * x / (2.0 * sigma * sigma)));
}

float mitchell(float x) {
  if (x >= 2) return 0;
  if (x >= 1) return (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f;
  return (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

float kernel_radius(Interpolation filter) {
  switch (filter) {
    case Interpolation::kTfLanczos3:
      return 3;
    case Interpolation::kTfLanczos5:
      return 5;
    case Interpolation::kTfGaussian:
      return 1.5f;
    default:
      return 2;
  }
}

float kernel_value(Interpolation filter, float x) {
  if (filter == Interpolation::kTfMitchellcubic) return mitchell(x);
  const float radius = kernel_radius(filter);
  return filter == Interpolation::kTfGaussian ? gaussian(x, radius) : lanczos(x, radius);
}

// ScaleAndTranslate without antialiasing: the kernel does not widen with the reduction.
void kernel_taps(const AxisMap& axis, Interpolation filter, int output, Taps* taps) {
  const float scale = static_cast<float>(axis.grid) / static_cast<float>(axis.source_length);
  const float position = sample_position(output, static_cast<float>(1.0 / scale));
  const float radius = kernel_radius(filter);
  const int last_pixel = axis.source_length - 1;
  taps->first = std::clamp(static_cast<int>(std::ceil(position - radius - 0.5f)), 0, last_pixel);
  const int last = std::clamp(static_cast<int>(std::floor(position + radius - 0.5f)), 0, last_pixel);
  for (int pixel = taps->first; pixel <= last; ++pixel) {
    taps->weights.push_back(kernel_value(filter, std::abs(static_cast<float>(pixel) + 0.5f - position)));
  }
  normalize(&taps->weights);
}

}  // namespace

LerpTable make_lerp_table(const AxisMap& axis, const PlaneAxis& delivered, Interpolation filter, TableOrder order) {
  const float scale = resize_scale(axis);
  const int last = axis.source_length - 1;
  LerpTable table;
  for (int i = 0; i < axis.length; ++i) {
    const float edge = sample_position(upright_output(axis, delivered.reversed, order, i), scale);
    const bool nearest = filter == Interpolation::kTfNearest;
    const float position = nearest ? std::floor(edge) : edge - 0.5f;
    const float floor = std::floor(position);
    const int low = std::clamp(static_cast<int>(floor), 0, last);
    const int high = std::clamp(static_cast<int>(std::ceil(position)), 0, last);
    table.low.push_back(delivered_index(axis, delivered, low));
    table.high.push_back(delivered_index(axis, delivered, high));
    table.fraction.push_back(position - floor);
  }
  return table;
}

SumTable make_sum_table(const AxisMap& axis, const PlaneAxis& delivered, Interpolation filter, TableOrder order) {
  SumTable table;
  Taps taps;
  for (int i = 0; i < axis.length; ++i) {
    taps.weights.clear();
    const int output = upright_output(axis, delivered.reversed, order, i);
    if (filter == Interpolation::kTfBicubic) {
      bicubic_taps(axis, output, &taps);
    } else if (filter == Interpolation::kTfArea) {
      area_taps(axis, output, &taps);
    } else {
      kernel_taps(axis, filter, output, &taps);
    }
    const int count = static_cast<int>(taps.weights.size());
    if (delivered.reversed) std::reverse(taps.weights.begin(), taps.weights.end());
    const int stored_first = delivered.reversed ? taps.first + count - 1 : taps.first;
    table.first.push_back(delivered_index(axis, delivered, stored_first));
    table.taps.push_back(count);
    table.begin.push_back(table.weights.size());
    table.weights.insert(table.weights.end(), taps.weights.begin(), taps.weights.end());
  }
  return table;
}

float area_gain(const AxisMap& rows, const AxisMap& columns) {
  return static_cast<float>(1.0 / (resize_scale(rows) * resize_scale(columns)));
}

}  // namespace fastseq
