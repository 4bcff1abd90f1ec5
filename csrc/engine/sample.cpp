#include "engine/sample.h"

#include <algorithm>
#include <cstring>

#include "engine/decode.h"
#include "engine/sample_plan.h"
#include "filters/interpolation.h"
#include "io/image_format.h"
#include "png/file.h"
#include "resample/resample.h"

namespace fastseq {
namespace {

AugmentDraws augment_draws(const Augment& augment, const double* draws) {
  AugmentDraws numbers;
  std::memcpy(&numbers, draws + augment.draw, sizeof(numbers));
  return numbers;
}

// Kernels store items at aligned addresses. A slot at any other address gets a copy of an aligned one.
template <class Write>
Status write_aligned(const SlotFormat& format, uint8_t* slot, Workspace* workspace, Write write) {
  if (reinterpret_cast<uintptr_t>(slot) % format.item_bytes == 0) return write(slot);
  uint8_t* aligned = workspace->aligned_slot.reserve(format.bytes());
  const Status status = write(aligned);
  if (is_good(status)) std::memcpy(slot, aligned, format.bytes());
  return status;
}

// Lets `write` write the image into the slot or, if it is to be augmented, as bytes into the workspace.
template <class Write>
Status write_augmented(const Recipe& recipe, const double* draws, uint8_t* slot, Workspace* workspace, Write write) {
  if (!recipe.augment) return write(recipe.format, slot);
  SlotFormat bytes;
  bytes.height = recipe.format.height;
  bytes.width = recipe.format.width;
  bytes.channels = recipe.format.channels;
  uint8_t* image = workspace->image.reserve(bytes.bytes() + kAffineReadAhead);
  const Status status = write(bytes, image);
  if (!is_good(status)) return status;
  augment_bytes(image, recipe.format, *recipe.augment, augment_draws(*recipe.augment, draws),
                reinterpret_cast<float*>(slot), &workspace->augment);
  return status;
}

Status take_floats(const uint8_t* data, size_t size, const SlotFormat& format, const Augment& augment,
                   const double* draws, uint8_t* slot, Workspace* workspace) {
  const bool aligned = reinterpret_cast<uintptr_t>(data) % alignof(float) == 0;
  if (size != format.bytes() || !aligned) return Status::kInternal;
  augment_floats(reinterpret_cast<const float*>(data), format, augment, augment_draws(augment, draws),
                 reinterpret_cast<float*>(slot), &workspace->augment);
  return Status::kOk;
}

Status decode_aligned(const uint8_t* data, size_t size, const Recipe& recipe, const double* draws, uint8_t* slot,
                      Workspace* workspace, const std::atomic<bool>& cancelled) {
  workspace->forget_failure();
  workspace->resample.rows.max_bytes = static_cast<size_t>(recipe.limits.memory_bytes);
  if (recipe.augment && recipe.augment->float_images) {
    return take_floats(data, size, recipe.format, *recipe.augment, draws, slot, workspace);
  }
  if (size == 0) return Status::kEmpty;
  if (static_cast<int64_t>(size) > recipe.limits.file_bytes) return Status::kFileTooLarge;
  const ImageInfo info = sniff_image(data, size);
  if (workspace->info) {
    workspace->info->format = info.format;
    workspace->info->height = std::max<int64_t>(info.height, 0);
    workspace->info->width = std::max<int64_t>(info.width, 0);
  }
  if (info.format != ImageFormat::kJpeg && workspace->crop_index_size > 0) {
    workspace->crop_index_use = CropIndexUse::kMisfit;
  }
  switch (info.format) {
    case ImageFormat::kUnknown:
      return Status::kNotAnImage;
    case ImageFormat::kHeif:
    case ImageFormat::kJpegXl:
      return Status::kUnsupportedFormat;
    case ImageFormat::kJpeg:
      if (recipe.index) {
        workspace->reason = "JPEG compression does not preserve ids";
        return Status::kNotAMask;
      }
      return write_augmented(recipe, draws, slot, workspace, [&](const SlotFormat& format, uint8_t* out) {
        return decode_jpeg(data, size, recipe, format, draws, out, workspace, cancelled);
      });
    default:
      if (info.width < 0 || info.height < 0) return Status::kCorrupt;
      if (info.height > 0 && info.width > recipe.limits.pixels / info.height) return Status::kTooManyPixels;
      if (info.format != ImageFormat::kPng || !recipe.native_png || is_deep_png(data, size)) {
        return Status::kNeedsDecoder;
      }
      return write_augmented(recipe, draws, slot, workspace, [&](const SlotFormat& format, uint8_t* out) {
        return decode_png(data, size, recipe, format, draws, out, workspace, cancelled);
      });
  }
}

// Checks the limits of an image that was decoded elsewhere, and plans its resampling.
Status plan_decoded(int height, int width, int channels, const Recipe& recipe, const double* draws,
                    Workspace* workspace, ResamplePlan* plan) {
  workspace->forget_failure();
  workspace->resample.rows.max_bytes = static_cast<size_t>(recipe.limits.memory_bytes);
  if (height <= 0 || width <= 0) return Status::kCorrupt;
  if (recipe.index && channels > 1) {
    workspace->reason = "it holds colors";
    return Status::kNotAMask;
  }
  if (static_cast<int64_t>(height) * width > recipe.limits.pixels) return Status::kTooManyPixels;
  if (workspace->info && workspace->info->height == 0) {
    workspace->info->height = height;
    workspace->info->width = width;
  }
  return plan_sample(recipe, draws, height, width, 1, plan);
}

// Whether the filter reads two pixels along each axis.
bool is_linear(const ResamplePlan& plan) {
  const auto enlarges = [](const AxisMap& axis) { return axis.grid >= axis.source_length; };
  return plan.interpolation == Interpolation::kLinear ||
         (enlarges(plan.geometry.rows) && enlarges(plan.geometry.columns));
}

Status resample_aligned(const PixelImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                        uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  ResamplePlan plan;
  const Status status = plan_decoded(image.height, image.width, image.channels, recipe, draws, workspace, &plan);
  if (status != Status::kOk) return status;
  // Only Pillow's gray is computed from colors.
  if (image.channels > recipe.format.channels && !recipe.pillow_colors) return Status::kInternal;
  if (recipe.two_taps && !is_exact(plan.interpolation) && is_linear(plan)) {
    plan.interpolation = Interpolation::kCv2Linear;
  }
  const bool packed = is_exact(plan.interpolation) || recipe.pillow_colors;
  const PixelWindow window = stored_window(plan);
  const ImagePart part = {window.x0, window.y0, window.x1};
  double out_of_range = 0;
  return write_augmented(recipe, draws, slot, workspace, [&](const SlotFormat& format, uint8_t* out) {
    return resample_rows(open_decoded_image(image, part, packed, image_bgr != recipe.bgr), plan, recipe, format, out,
                         workspace, cancelled, &out_of_range);
  });
}

Status resample_deep_aligned(const DeepImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                             uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  ResamplePlan plan;
  const Status status = plan_decoded(image.height, image.width, image.channels, recipe, draws, workspace, &plan);
  if (status != Status::kOk) return status;
  if (recipe.augment) return Status::kInternal;
  return resample_deep(image, image_bgr, image_bgr != recipe.bgr, plan, recipe.format, slot, &workspace->resample,
                       cancelled);
}

}  // namespace

Status decode_sample(const uint8_t* data, size_t size, const Recipe& recipe, const double* draws, uint8_t* slot,
                     Workspace* workspace, const std::atomic<bool>& cancelled) {
  return write_aligned(recipe.format, slot, workspace, [&](uint8_t* aligned) {
    return decode_aligned(data, size, recipe, draws, aligned, workspace, cancelled);
  });
}

Status resample_sample(const PixelImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                       uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  return write_aligned(recipe.format, slot, workspace, [&](uint8_t* aligned) {
    return resample_aligned(image, image_bgr, recipe, draws, aligned, workspace, cancelled);
  });
}

Status resample_deep_sample(const DeepImage& image, bool image_bgr, const Recipe& recipe, const double* draws,
                            uint8_t* slot, Workspace* workspace, const std::atomic<bool>& cancelled) {
  return write_aligned(recipe.format, slot, workspace, [&](uint8_t* aligned) {
    return resample_deep_aligned(image, image_bgr, recipe, draws, aligned, workspace, cancelled);
  });
}

}  // namespace fastseq
