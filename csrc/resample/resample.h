// From the rows of a source to a finished slot. All functions poll `cancelled` and then return kCancelled.
#pragma once
#include <atomic>

#include "base/status.h"
#include "filters/axis.h"
#include "filters/interpolation.h"
#include "geometry/geometry.h"
#include "output/slot_format.h"
#include "output/slot_writer.h"
#include "resample/scratch.h"
#include "rows/deep_image.h"
#include "rows/row_source.h"

namespace fastseq {

// How one image is resampled: the upright geometry, its stored orientation, and the source's reduction.
struct ResamplePlan {
  Geometry geometry;
  Orientation orientation;
  Interpolation interpolation = Interpolation::kAntialias;
  int stored_height = 0, stored_width = 0;  // full size
  int scale = 1;

  const AxisMap& stored_rows() const { return orientation.transpose ? geometry.columns : geometry.rows; }
  const AxisMap& stored_columns() const { return orientation.transpose ? geometry.rows : geometry.columns; }
  bool rows_reversed() const { return orientation.flip_rows; }
  bool columns_reversed() const { return orientation.flip_columns; }
  // The axes of a source that delivers pixels at full size.
  PlaneAxis row_axis(const SourcePlane& plane) const {
    return {plane.height - plane.y0, 1, 1, false, stored_height, rows_reversed(), plane.y0};
  }
  PlaneAxis column_axis(const SourcePlane& plane) const {
    return {plane.delivered_width, 1, 1, false, stored_width, columns_reversed(), plane.x0};
  }
  // Crops leave the rest of the file unread; a full image is read, and so checked for damage, to its end.
  bool reads_to_end() const {
    return stored_rows().source_length == stored_height && stored_columns().source_length == stored_width;
  }
};

// For kAntialias and kLinear: filters planes, then converts colors. `source` must not be kPacked4. `*out_of_range` is
// the mean square, in levels, by which filtered YCbCr colors exceeded the range of bytes. Where it is large, the image
// must be filtered as pixels, whose colors are clamped before filtering.
Status resample_planes(RowSource* source, const ResamplePlan& plan, bool bgr, SlotWriter* writer, int channels,
                       ResampleScratch* scratch, const std::atomic<bool>& cancelled, double* out_of_range);

// For cv2.linear, cv2.nearest, pil.nearest, and cv2.area where an axis grows. Bit-exact; `source` must be kGray or
// kPacked4, here and below.
Status resample_two_tap(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                        const std::atomic<bool>& cancelled);

// For cv2.area. Bit-exact.
Status resample_cv2_area(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                         const std::atomic<bool>& cancelled);

// For the other pil.* filters. Bit-exact, with the passes in Pillow's order.
Status resample_pil(RowSource* source, const ResamplePlan& plan, SlotWriter* writer, ResampleScratch* scratch,
                    const std::atomic<bool>& cancelled);

// For the tf.* filters. Writes the whole slot, as `offset + scale * value` where its items are floats.
Status resample_tf(RowSource* source, const ResamplePlan& plan, const SlotFormat& format, uint8_t* slot,
                   ResampleScratch* scratch, const std::atomic<bool>& cancelled);

// For samples of more than 8 bits: any filter in double precision, rounded between the passes as Pillow does for pil.*.
// Writes the whole slot: the values as they are, clamped where its items are integers, or `offset + scale * value`.
// `bgr` is the order of the image's channels; `swap` exchanges the first and third.
Status resample_deep(const DeepImage& image, bool bgr, bool swap, const ResamplePlan& plan, const SlotFormat& format,
                     uint8_t* slot, ResampleScratch* scratch, const std::atomic<bool>& cancelled);

}  // namespace fastseq
