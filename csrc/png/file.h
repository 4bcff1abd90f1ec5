// A PNG file taken apart: what its pixels depend on, with everything else left out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "base/status.h"
#include "png/header.h"

namespace fastseq {

struct PngFile {
  PngHeader header;
  const uint8_t* palette = nullptr;  // RGB
  int palette_colors = 0;            // never more than the depth allows
  int64_t gamma = 0;                 // in units of 1/100000, as libpng has it; 0 if unknown
  int orientation = 1;               // EXIF tag 0x0112

  const uint8_t* first_idat = nullptr;  // the first IDAT chunk with a body; null if there is none
  size_t image_data_bytes = 0;          // of all IDAT chunks
  bool one_idat = true;                 // whether one chunk has them all
};

// Whether a file that begins with the PNG signature has samples of 16 bits, which are not decoded here.
bool is_deep_png(const uint8_t* data, size_t size);

// Reads all chunks. `data` begins with the PNG signature and must outlive the file. Returns kOk or, with a message in
// *reason, kCorrupt: chunks that pixels depend on must be there and intact; others are ignored, as are damaged
// ancillary ones.
Status read_png_file(const uint8_t* data, size_t size, PngFile* file, std::string* reason);

// The image data, of a file that read_png_file() accepted: put together in `copy` unless one chunk has them all. Throws
// std::bad_alloc.
const uint8_t* image_data(const PngFile& file, Buffer* copy);

}  // namespace fastseq
