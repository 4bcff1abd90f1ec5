// Memory that the PNG decoder of one thread reuses.
#pragma once
#include <cstddef>
#include <initializer_list>

#include "base/buffer.h"

namespace fastseq {

struct PngScratch {
  Buffer image_data;  // of several chunks
  Buffer scanlines;   // inflated: all rows with their filter types
  Buffer image;       // an interlaced image, put together
  Buffer lines;       // single rows

  void trim(size_t keep) {
    for (Buffer* buffer : {&image_data, &scanlines, &image, &lines}) buffer->trim(keep);
  }
};

}  // namespace fastseq
