#include "engine/decode.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/sample_plan.h"
#include "filters/interpolation.h"
#include "jpeg/baseline.h"
#include "jpeg/crop_index.h"
#include "jpeg/header.h"
#include "jpeg/progressive.h"
#include "jpeg/turbo.h"
#include "jpeg/ycc_to_pixels.h"
#include "output/slot_writer.h"
#include "png/source.h"
#include "rows/decoded_image.h"

namespace fastseq {
namespace {

// Mean square, in levels. Above it, filtering YCbCr may fall below 45 dB to filtering colors.
constexpr double kMaxOutOfRange = 1.0;

// FASTSEQ_DECODER=libjpeg forces libjpeg-turbo for every file, for debugging.
bool uses_own_decoder() {
  static const bool own = [] {
    const char* decoder = std::getenv("FASTSEQ_DECODER");
    return !decoder || std::strcmp(decoder, "libjpeg") != 0;
  }();
  return own;
}

// Decodes with the fast decoders if they support the file and find no damage, else with libjpeg-turbo, which applies
// the strictness; then resamples. With a crop index, kCorrupt where it does not lead to a good image. *own: whether a
// fast decoder has decoded it.
Status decode_planned(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                      const ResamplePlan& plan, const Recipe& recipe, const SlotFormat& format, uint8_t* slot,
                      Workspace* workspace, const std::atomic<bool>& cancelled, double* out_of_range, bool* own) {
  std::unique_ptr<RowSource> source;
  if (uses_own_decoder()) {
    (header.progressive ? open_progressive : open_baseline)(data, size, header, request, &workspace->jpeg, &source);
    if (source && source->layout() == PixelLayout::kYcc && !request.planes) {
      source = ycc_to_pixels(std::move(source), request, &workspace->jpeg);
    }
  }
  if (source) {
    const Status status =
        resample_rows(std::move(source), plan, recipe, format, slot, workspace, cancelled, out_of_range);
    *own = status == Status::kOk;
    if (status != Status::kCorrupt) return status;
  }
  *own = false;
  if (request.index) return Status::kCorrupt;
  if (header.progressive) workspace->jpeg.coefficients.release();  // libjpeg allocates as much itself
  const Status status = open_turbo(data, size, header, request, &workspace->reason, &workspace->decodes,
                                   &workspace->jpeg.scanline, &source);
  if (status != Status::kOk) return status;
  return resample_rows(std::move(source), plan, recipe, format, slot, workspace, cancelled, out_of_range);
}

void describe(const JpegHeader& header, SampleInfo* info) {
  info->height = header.height;
  info->width = header.width;
  info->components = header.components;
  std::copy(header.sampling_h, header.sampling_h + 4, info->sampling_h);
  std::copy(header.sampling_v, header.sampling_v + 4, info->sampling_v);
  info->scans = header.scans;
  info->orientation = header.orientation;
}

// decode_jpeg with a crop index that fits the file, or null; see decode_planned.
Status decode_once(const uint8_t* data, size_t size, const CropIndex* index, const Recipe& recipe,
                   const SlotFormat& format, const double* draws, uint8_t* slot, Workspace* workspace,
                   const std::atomic<bool>& cancelled, bool* own) {
  JpegHeader header;
  Status status = read_jpeg_header(data, size, &header, index);
  if (status != Status::kOk) return status;
  if (workspace->info) describe(header, workspace->info);
  status = check_jpeg_limits(header, recipe.limits);
  if (status != Status::kOk) return status;
  // A height of 0 would follow in a DNL marker after the scan.
  if (header.width == 0 || header.height == 0) return Status::kUnsupportedJpeg;

  ResamplePlan plan;
  status = plan_sample(recipe, draws, header.height, header.width, header.orientation, &plan);
  if (status != Status::kOk) return status;
  if (recipe.interpolation == Interpolation::kAntialias) plan.scale = choose_dct_scale(plan, header);
  JpegRequest request = make_request(plan, recipe, header, cancelled);
  request.clock = workspace->resample.clock;
  request.index = index;
  double out_of_range = 0;
  status =
      decode_planned(data, size, header, request, plan, recipe, format, slot, workspace, cancelled, &out_of_range, own);
  if (!is_good(status) || out_of_range <= kMaxOutOfRange) return status;
  request.planes = false;
  workspace->forget_failure();
  return decode_planned(data, size, header, request, plan, recipe, format, slot, workspace, cancelled, &out_of_range,
                        own);
}

}  // namespace

Status resample_rows(std::unique_ptr<RowSource> source, const ResamplePlan& plan, const Recipe& recipe,
                     const SlotFormat& format, uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled,
                     double* out_of_range) {
  *out_of_range = 0;
  Status status;
  if (recipe.pillow_colors && format.channels == 1 && source->layout() != PixelLayout::kGray) {
    source = pillow_gray(std::move(source), &workspace->packed);
  }
  if (is_tf(plan.interpolation)) {
    status = resample_tf(source.get(), plan, format, slot, &workspace->resample, cancelled);
    return status == Status::kOk ? source->finish() : status;
  }
  SlotWriter writer(format, plan.orientation.transpose, slot, &workspace->resample.tile, workspace->resample.clock);
  const int channels = format.channels;
  if (is_pil(plan.interpolation) && plan.interpolation != Interpolation::kPilNearest) {
    status = resample_pil(source.get(), plan, &writer, &workspace->resample, cancelled);
  } else if (plan.interpolation == Interpolation::kCv2Area) {
    status = resample_cv2_area(source.get(), plan, &writer, &workspace->resample, cancelled);
  } else if (is_exact(plan.interpolation)) {
    status = resample_two_tap(source.get(), plan, &writer, &workspace->resample, cancelled);
  } else {
    if (source->layout() == PixelLayout::kPacked4) source = split_packed(std::move(source), &workspace->packed);
    status = resample_planes(source.get(), plan, recipe.bgr, &writer, channels, &workspace->resample, cancelled,
                             out_of_range);
  }
  return status == Status::kOk ? source->finish() : status;
}

Status decode_jpeg(const uint8_t* data, size_t size, const Recipe& recipe, const SlotFormat& format,
                   const double* draws, uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  const CropIndex index(workspace->crop_index, workspace->crop_index_size, data, size);
  bool own = false;
  if (index.fits() && uses_own_decoder()) {
    workspace->crop_index_use = CropIndexUse::kFits;
    const Status status = decode_once(data, size, &index, recipe, format, draws, slot, workspace, cancelled, &own);
    if (status != Status::kCorrupt) return status;
    workspace->forget_failure();
  }
  const Status status = decode_once(data, size, nullptr, recipe, format, draws, slot, workspace, cancelled, &own);
  // If the file itself is damaged, the index is not to blame.
  const bool misfit = index.fits() ? own && uses_own_decoder() : index.exists();
  if (misfit) workspace->crop_index_use = CropIndexUse::kMisfit;
  return status;
}

Status decode_png(const uint8_t* data, size_t size, const Recipe& recipe, const SlotFormat& format, const double* draws,
                  uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  PngFile file;
  Status status = read_png_file(data, size, &file, &workspace->reason);
  if (status != Status::kOk) return status;
  const PngHeader& header = file.header;
  if (workspace->info) workspace->info->orientation = file.orientation;
  if (recipe.index && header.is_colored() && !header.is_palette()) {
    workspace->reason = "it holds colors";
    return Status::kNotAMask;
  }
  ResamplePlan plan;
  status = plan_sample(recipe, draws, header.height, header.width, file.orientation, &plan);
  if (status != Status::kOk) return status;
  PngRequest request;
  request.pixels.index = recipe.index;
  request.pixels.gray = format.channels == 1 && !recipe.pillow_colors;
  request.pixels.packed = is_exact(recipe.interpolation) || recipe.pillow_colors;
  request.pixels.bgr = recipe.bgr;
  request.memory_bytes = recipe.limits.memory_bytes;
  request.clock = workspace->resample.clock;
  std::unique_ptr<RowSource> source;
  status = open_png(file, request, cancelled, &workspace->png, &workspace->reason, &source);
  if (status != Status::kOk) return status;
  double out_of_range = 0;
  return resample_rows(std::move(source), plan, recipe, format, slot, workspace, cancelled, &out_of_range);
}

}  // namespace fastseq
