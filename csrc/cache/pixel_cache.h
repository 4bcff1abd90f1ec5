// Where decoded pictures are kept between epochs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "io/file.h"
#include "rows/decoded_image.h"

namespace fastseq {

// Images of more bytes are decoded each time. A constant, so that no batch depends on how much room there is.
constexpr size_t kMaxPictureBytes = 64 << 20;

// A picture: interleaved bytes in contiguous rows. What is kept stays as long as the cache. Safe to use from several
// threads.
class PixelCache {
 public:
  virtual ~PixelCache() = default;

  // Whether a cell has its picture, which is then valid until the next use of `scratch`. `path`: the file that it was
  // made of, or empty; where the picture is not found, *version receives the file's version, to be given to put().
  // May wait for a disk. Throws std::bad_alloc.
  virtual bool find(size_t cell, const std::string& path, Buffer* scratch, PixelImage* picture,
                    FileVersion* version) = 0;
  // Keeps a picture, if there is room and nobody else is keeping it.
  virtual void put(size_t cell, const FileVersion& version, const PixelImage& picture) noexcept = 0;
};

inline size_t picture_bytes(const PixelImage& picture) {
  return static_cast<size_t>(picture.height) * picture.width * picture.channels;
}

}  // namespace fastseq
