#include "engine/stored_image.h"

#include <string>
#include <utility>

#include "geometry/geometry.h"
#include "io/image_format.h"
#include "jpeg/header.h"
#include "png/file.h"

namespace fastseq {
namespace {

struct StoredImage {
  int height = 0, width = 0, orientation = 1;
  bool gray = false;
};

bool read_size(const uint8_t* data, size_t size, StoredImage* image) {
  const ImageFormat format = sniff_image(data, size).format;
  if (format == ImageFormat::kJpeg) {
    JpegHeader header;
    if (read_jpeg_header(data, size, &header) != Status::kOk) return false;
    *image = {header.height, header.width, header.orientation, header.components == 1};
  } else if (format == ImageFormat::kPng) {
    PngFile file;
    std::string reason;
    if (read_png_file(data, size, &file, &reason) != Status::kOk) return false;
    const PngHeader& header = file.header;
    *image = {header.height, header.width, file.orientation, !header.is_colored()};
  }
  return image->height > 0 && image->width > 0;
}

}  // namespace

bool read_upright_size(const uint8_t* data, size_t size, const Recipe& recipe, UprightSize* upright) {
  StoredImage stored;
  if (static_cast<int64_t>(size) > recipe.limits.file_bytes || !read_size(data, size, &stored) ||
      stored.width > recipe.limits.pixels / stored.height) {
    return false;
  }
  const bool transpose = resolve_orientation(recipe.orient, stored.orientation, stored.height, stored.width).transpose;
  *upright = {stored.height, stored.width, stored.gray};
  if (transpose) std::swap(upright->height, upright->width);
  return true;
}

}  // namespace fastseq
