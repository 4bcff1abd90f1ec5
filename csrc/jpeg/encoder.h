// Pixels to a baseline JPEG, by libjpeg-turbo.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "base/status.h"

namespace fastseq {

struct JpegEncoding {
  int quality = 90;                        // 1 to 100
  int chroma_across = 2, chroma_down = 2;  // pixels that share a chroma sample along each axis: 1 or 2
  bool optimize = true;                    // Huffman tables of its own
  bool restart_rows = false;               // whether a restart marker ends each row of MCUs
};

// `pixels`: height rows of width pixels, gray or RGB. *jpeg is in *buffer. Returns kOk, or kTooManyPixels beyond the
// 65,500 pixels that a side may have; kInternal with libjpeg's words in *reason for anything else. Throws
// std::bad_alloc.
Status encode_jpeg(const uint8_t* pixels, int height, int width, int channels, const JpegEncoding& encoding,
                   Buffer* buffer, const uint8_t** jpeg, size_t* jpeg_size, std::string* reason);

}  // namespace fastseq
