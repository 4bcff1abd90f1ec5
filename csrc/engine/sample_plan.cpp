#include "engine/sample_plan.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "filters/pil_table.h"

namespace fastseq {
namespace {

// Smaller images gain nothing from the DCT's reduction or from planes, and the padding of their last blocks would show.
constexpr int kMinSide = 32;

bool is_small(const JpegHeader& header) { return std::min(header.width, header.height) < kMinSide; }

bool enlarges(const Geometry& geometry) {
  return static_cast<int64_t>(geometry.rows.grid) * geometry.columns.grid >
         static_cast<int64_t>(geometry.rows.source_length) * geometry.columns.source_length;
}

// The samples [first, second) of one stored axis, with the margin that Pillow's filters read beyond the window.
std::pair<int, int> stored_span(const AxisMap& axis, int stored_size, bool reversed, Interpolation interpolation) {
  const int begin = reversed ? stored_size - axis.source_begin - axis.source_length : axis.source_begin;
  const int margin = is_pil(interpolation) ? pil_margin(axis, interpolation) : 0;
  return {std::max(begin - margin, 0), std::min(begin + axis.source_length + margin, stored_size)};
}

}  // namespace

Status plan_sample(const Recipe& recipe, const double* draws, int stored_height, int stored_width, int exif,
                   ResamplePlan* plan) {
  plan->interpolation = recipe.interpolation;
  plan->stored_height = stored_height;
  plan->stored_width = stored_width;
  plan->orientation = resolve_orientation(recipe.orient, exif, stored_height, stored_width);
  const bool transpose = plan->orientation.transpose;
  const bool resolved = resolve_geometry(recipe.ops, draws, transpose ? stored_width : stored_height,
                                         transpose ? stored_height : stored_width, recipe.format.height,
                                         recipe.format.width, &plan->geometry);
  const bool fits = !plan->geometry.padded || is_tf(recipe.interpolation);
  return resolved && fits ? Status::kOk : Status::kInternal;
}

// libjpeg makes up for subsampled chroma along both axes or neither; where chroma is far coarser along one (4:1:1), as
// many chroma samples must be left.
int choose_dct_scale(const ResamplePlan& plan, const JpegHeader& header) {
  if (is_small(header)) return 1;
  const auto lag = [](int coarse, int fine) { return coarse >= 4 * fine ? coarse / fine : 1; };
  const bool color = header.components > 1;
  const int across = color ? header.sampling_h[0] / std::max(header.sampling_h[1], 1) : 1;
  const int down = color ? header.sampling_v[0] / std::max(header.sampling_v[1], 1) : 1;
  const auto fits = [](const AxisMap& axis, int scale) {
    return (axis.source_length + scale - 1) / scale >= axis.grid;
  };
  for (int scale : {8, 4, 2}) {
    if (fits(plan.stored_rows(), scale * lag(down, std::max(across, 1))) &&
        fits(plan.stored_columns(), scale * lag(across, std::max(down, 1)))) {
      return scale;
    }
  }
  return 1;
}

PixelWindow stored_window(const ResamplePlan& plan) {
  const auto rows = stored_span(plan.stored_rows(), plan.stored_height, plan.rows_reversed(), plan.interpolation);
  const auto columns =
      stored_span(plan.stored_columns(), plan.stored_width, plan.columns_reversed(), plan.interpolation);
  return {columns.first, rows.first, columns.second, rows.second};
}

JpegRequest make_request(const ResamplePlan& plan, const Recipe& recipe, const JpegHeader& header,
                         const std::atomic<bool>& cancelled) {
  JpegRequest request(cancelled);
  // When enlarging, there are fewer colors to convert before the filter than after it.
  request.planes =
      !is_exact(recipe.interpolation) && !enlarges(plan.geometry) && !is_small(header) && !recipe.pillow_colors;
  request.gray = recipe.format.channels == 1 && !recipe.pillow_colors;
  request.bgr = recipe.bgr && recipe.format.channels == 3;
  request.pillow_colors = recipe.pillow_colors;
  request.scale = plan.scale;
  request.window = stored_window(plan);
  request.strictness = recipe.strictness;
  request.memory_bytes = recipe.limits.memory_bytes;
  return request;
}

}  // namespace fastseq
