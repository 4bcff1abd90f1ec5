// What the bytes are, whatever the file is called.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

enum class ImageFormat { kUnknown, kJpeg, kOther, kUnsupported };

struct ImageInfo {
  ImageFormat format = ImageFormat::kUnknown;
  int64_t width = 0;  // 0 where the header does not tell; formats other than JPEG only
  int64_t height = 0;
};

// Looks at the first bytes. kOther: a format that OpenCV reads; kUnsupported: HEIC, JPEG XL.
ImageInfo sniff_image(const uint8_t* data, size_t size);

}  // namespace fastseq
