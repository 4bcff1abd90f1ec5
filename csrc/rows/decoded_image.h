// Rows of pixels that somebody else decoded.
#pragma once
#include <cstddef>
#include <memory>

#include "base/buffer.h"
#include "rows/row_source.h"

namespace fastseq {

// An 8-bit image in memory, rows `stride` bytes apart, 1 or 3 channels; outlives the source.
struct PixelImage {
  const uint8_t* data;
  int height, width, channels;
  ptrdiff_t stride;
};

// `packed`: 4-byte pixels, else planes. `swap` exchanges the first and third channel.
std::unique_ptr<RowSource> open_decoded_image(const PixelImage& image, bool packed, bool swap);

// Splits the 4-byte pixels of `source` into planes as they stream.
std::unique_ptr<RowSource> split_packed(std::unique_ptr<RowSource> source, Buffer* scratch);

// Gray as Pillow's convert("L") makes it of the 4-byte pixels (red first) of `source`, as they stream.
std::unique_ptr<RowSource> pillow_gray(std::unique_ptr<RowSource> source, Buffer* scratch);

}  // namespace fastseq
