#include "filters/weight_table.h"

#include <algorithm>

#include "filters/axis.h"
#include "filters/cv2_area_table.h"
#include "filters/pair_table.h"
#include "filters/pil_table.h"
#include "filters/tf_table.h"
#include "filters/triangle_table.h"

namespace fastseq {
namespace {

// A sample and its upper neighbor.
void add_pair(int low, int high, double fraction, WeightTable* table) {
  const bool whole = fraction <= 0 || low == high;
  const double weights[] = {whole ? 1 : 1 - fraction, fraction};
  table->add(low, weights, whole ? 1 : 2);
}

template <class Compute>
WeightTable compute_each(const AxisMap& axis, Compute compute) {
  WeightTable table;
  std::vector<double> weights;
  for (int i = 0; i < axis.length; ++i) {
    const int first = compute(axis.begin + i, &weights);
    table.add(first, weights.data(), weights.size());
  }
  return table;
}

WeightTable from_pairs(const AxisMap& axis, Interpolation filter, bool columns) {
  WeightTable table;
  for (const Pair& pair : make_pairs(axis, filter, columns)) {
    add_pair(axis.source_begin + pair.low, axis.source_begin + pair.high, pair.fraction, &table);
  }
  return table;
}

WeightTable from_area(const AxisMap& axis, const PlaneAxis& plane, bool integer) {
  const Cv2AreaTable area = make_cv2_area_table(axis, plane, integer, TableOrder::kStored);
  WeightTable table;
  std::vector<double> weights;
  for (int i = 0; i < area.size; ++i) {
    weights.assign(area.weights_of(i), area.weights_of(i) + area.taps(i));
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (double& weight : weights) weight /= sum;
    table.add(area.first[i], weights.data(), weights.size());
  }
  return table;
}

WeightTable from_lerps(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter) {
  const LerpTable lerps = make_lerp_table(axis, plane, filter, TableOrder::kStored);
  WeightTable table;
  for (int i = 0; i < lerps.size(); ++i) add_pair(lerps.low[i], lerps.high[i], lerps.fraction[i], &table);
  return table;
}

WeightTable from_sums(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter) {
  const SumTable sums = make_sum_table(axis, plane, filter, TableOrder::kStored);
  WeightTable table;
  std::vector<double> weights;
  for (int i = 0; i < sums.size(); ++i) {
    weights.assign(sums.entry(i), sums.entry(i) + sums.taps[i]);
    table.add(sums.first[i], weights.data(), weights.size());
  }
  return table;
}

WeightTable make_table(const AxisMap& axis, int samples, Interpolation filter, bool columns, bool area, bool integer) {
  const PlaneAxis plane{samples, 1, 1, false, samples, false, 0};
  switch (filter) {
    case Interpolation::kAntialias:
    case Interpolation::kLinear:
      return compute_each(axis, [&](int output, std::vector<double>* weights) {
        return triangle_weights(axis, filter, output, weights);
      });
    case Interpolation::kCv2Area:
      return area ? from_area(axis, plane, integer) : from_pairs(axis, filter, columns);
    case Interpolation::kCv2Linear:
    case Interpolation::kCv2Nearest:
    case Interpolation::kPilNearest:
      return from_pairs(axis, filter, columns);
    case Interpolation::kTfNearest:
    case Interpolation::kTfBilinear:
      return from_lerps(axis, plane, filter);
    default:
      break;
  }
  if (is_tf(filter)) return from_sums(axis, plane, filter);
  return compute_each(axis, [&](int output, std::vector<double>* weights) {
    return pil_weights(axis, filter, samples, output, weights);
  });
}

}  // namespace

int WeightTable::max_taps() const {
  int most = 0;
  for (int i = 0; i < size(); ++i) most = std::max(most, taps(i));
  return most;
}

void WeightTable::scale(double factor) {
  for (double& weight : weights_) weight *= factor;
}

void WeightTable::add(int first, const double* weights, size_t count) {
  first_.push_back(first);
  weights_.insert(weights_.end(), weights, weights + count);
  begin_.push_back(weights_.size());
}

WeightTables make_weight_tables(const Geometry& geometry, int height, int width, Interpolation filter) {
  const bool area = filter == Interpolation::kCv2Area && uses_cv2_area(geometry.rows, geometry.columns);
  const bool integer = area && Cv2AreaRounding::of(geometry.rows, geometry.columns).integer;
  WeightTables tables{make_table(geometry.rows, height, filter, false, area, integer),
                      make_table(geometry.columns, width, filter, true, area, integer)};
  if (filter == Interpolation::kTfArea) tables.rows.scale(area_gain(geometry.rows, geometry.columns));
  return tables;
}

}  // namespace fastseq
