// What the bytes are, whatever the file is called.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/enum_table.h"

namespace fastseq {

enum class ImageFormat : int32_t {
  kUnknown,
  kJpeg,
  kPng,
  kGif,
  kWebp,
  kBmp,
  kTiff,
  kPnm,
  kJpeg2000,
  kAvif,
  kHeif,
  kJpegXl,
};
// By the names that Pillow uses.
EnumTable image_format_table();

struct ImageInfo {
  ImageFormat format = ImageFormat::kUnknown;
  int64_t width = 0;  // 0 where the header does not tell; formats other than JPEG only
  int64_t height = 0;
};

// Looks at the first bytes.
ImageInfo sniff_image(const uint8_t* data, size_t size);

}  // namespace fastseq
