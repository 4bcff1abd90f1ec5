// Single images to smaller JPEGs, in the calling thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "base/status.h"
#include "engine/recipe.h"
#include "engine/workspace.h"
#include "jpeg/encoder.h"
#include "rows/decoded_image.h"

namespace fastseq {

// Upright pixels of 8 bits, gray or RGB.
struct UprightImage {
  int height = 0, width = 0, channels = 0;
  Buffer pixels;
};

// Methods throw nothing: they return kOutOfMemory.
class Reencoder {
 public:
  // `recipe`: how files are decoded; its size and its number of channels are those of each image. The shorter side of
  // a larger image becomes `short_side` pixels, the longer one in proportion, rounded down; 0 leaves all as they are.
  Reencoder(const std::shared_ptr<const Recipe>& recipe, int short_side) : recipe_(*recipe), short_side_(short_side) {}

  // The image in a file, gray if the file is. Returns as decode_sample() does.
  Status decode(const uint8_t* data, size_t size);
  // That of decoded pixels that are upright.
  Status resample(const PixelImage& image, bool image_bgr);
  // The image that the last of these gave.
  UprightImage& image() { return image_; }
  // Its JPEG, valid until the next one.
  Status encode(const JpegEncoding& encoding, const uint8_t** jpeg, size_t* size);

  const std::string& reason() const { return workspace_.reason; }

 private:
  Status decode_file(const uint8_t* data, size_t size);
  // Makes room for an image whose upright pixels have this size.
  uint8_t* prepare(int height, int width, int channels);
  template <class Work>
  Status guarded(Work work);

  Recipe recipe_;
  const int short_side_;
  Workspace workspace_;
  UprightImage image_;
  Buffer jpeg_;
};

}  // namespace fastseq
