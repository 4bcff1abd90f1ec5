// Memory that the augmentation of one thread reuses.
#pragma once
#include <cstddef>
#include <initializer_list>

#include "base/buffer.h"

namespace fastseq {

struct AugmentScratch {
  Buffer coordinates;  // of one row
  Buffer pixels;       // weights and results of one row
  Buffer indices;      // of one row
  Buffer row;          // a finished row
  Buffer packed;       // an image of floats, four to a pixel

  void trim(size_t keep) {
    for (Buffer* buffer : {&coordinates, &pixels, &indices, &row, &packed}) buffer->trim(keep);
  }
};

}  // namespace fastseq
