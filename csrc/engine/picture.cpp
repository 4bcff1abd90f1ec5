#include "engine/picture.h"

#include <algorithm>
#include <utility>

#include "cache/pixel_cache.h"
#include "engine/sample.h"
#include "engine/stored_image.h"
#include "geometry/geometry.h"

namespace fastseq {
namespace {

// Lets `write` write the picture of an upright image of this size. Headers may promise any size: nothing is allocated
// beyond the limit.
template <class Write>
Status write_picture(int height, int width, const Recipe& recipe, Workspace* workspace, PixelImage* picture,
                     bool* too_large, Write write) {
  Recipe sized = recipe;
  SlotFormat& format = sized.format;
  if (format.height == 0) {
    format.height = height;
    format.width = width;
  }
  const auto max_bytes = std::min<int64_t>(kMaxPictureBytes, recipe.limits.memory_bytes);
  const int64_t row_bytes = static_cast<int64_t>(format.width) * format.channels;
  *too_large = row_bytes > max_bytes / format.height;
  if (*too_large) return Status::kOk;
  uint8_t* pixels = workspace->picture.reserve(format.bytes());
  *picture = {pixels, format.height, format.width, format.channels, static_cast<ptrdiff_t>(row_bytes)};
  return write(sized, pixels);
}

}  // namespace

Status decode_picture(const uint8_t* data, size_t size, const Recipe& recipe, Workspace* workspace,
                      const std::atomic<bool>& cancelled, PixelImage* picture, bool* too_large) {
  UprightSize upright = {1, 1};  // for decode_sample() to fail
  if (recipe.format.height == 0) read_upright_size(data, size, recipe, &upright);
  return write_picture(upright.height, upright.width, recipe, workspace, picture, too_large,
                       [&](const Recipe& sized, uint8_t* pixels) {
                         return decode_sample(data, size, sized, nullptr, pixels, workspace, cancelled);
                       });
}

Status resample_picture(const PixelImage& image, bool image_bgr, const Recipe& recipe, Workspace* workspace,
                        const std::atomic<bool>& cancelled, PixelImage* picture, bool* too_large) {
  // One with no pixels is for resample_sample() to reject. Landscapes may still have to be turned.
  int height = std::max(image.height, 1), width = std::max(image.width, 1);
  if (resolve_orientation(recipe.orient, 1, height, width).transpose) std::swap(height, width);
  return write_picture(height, width, recipe, workspace, picture, too_large, [&](const Recipe& sized, uint8_t* pixels) {
    return resample_sample(image, image_bgr, sized, nullptr, pixels, workspace, cancelled);
  });
}

}  // namespace fastseq
