// Rows of an image that was decoded elsewhere, and conversions of 4-byte pixels.
#pragma once
#include <cstddef>
#include <memory>

#include "base/buffer.h"
#include "rows/row_source.h"

namespace fastseq {

// An 8-bit image in memory with 1 or 3 channels, rows `stride` bytes apart. It must outlive the source.
struct PixelImage {
  const uint8_t* data;
  int height, width, channels;
  ptrdiff_t stride;
};

// The columns [x0, x1) of an image, from row y0 on.
struct ImagePart {
  int x0, y0, x1;
};

// Gives 4-byte pixels if `packed`, else planes. `swap` exchanges the first and third channel.
std::unique_ptr<RowSource> open_decoded_image(const PixelImage& image, const ImagePart& part, bool packed, bool swap);

// Splits 4-byte pixels into planes. `scratch` must outlive the source, here and below.
std::unique_ptr<RowSource> split_packed(std::unique_ptr<RowSource> source, Buffer* scratch);

// Converts 4-byte pixels (red first) to gray as Pillow's convert("L") does.
std::unique_ptr<RowSource> pillow_gray(std::unique_ptr<RowSource> source, Buffer* scratch);

}  // namespace fastseq
