// Memory that the JPEG decoders of one thread reuse.
#pragma once
#include <cstddef>
#include <initializer_list>

#include "base/buffer.h"
#include "rows/row_source.h"

namespace fastseq {

struct JpegScratch {
  Buffer entropy;             // entropy-coded bytes between two markers, without stuffing
  Buffer huffman;             // look-up tables of one image
  Buffer coefficients;        // of blocks decoded together, or of a whole progressive image
  Buffer planes[kMaxPlanes];  // rows of each plane before color conversion
  Buffer chroma;              // two upsampled rows
  Buffer scanline;            // one CMYK row from libjpeg

  void trim(size_t keep) {
    for (Buffer* buffer : {&entropy, &huffman, &coefficients, &chroma, &scanline}) buffer->trim(keep);
    for (Buffer& buffer : planes) buffer.trim(keep);
  }
};

}  // namespace fastseq
