#include "engine/reencoder.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include <hwy/cache_control.h>

#include "engine/sample.h"
#include "engine/stored_image.h"
#include "rows/row_ring.h"

namespace fastseq {
namespace {

const std::atomic<bool> kNotCancelled{false};

}  // namespace

template <class Work>
Status Reencoder::guarded(Work work) {
  workspace_.forget_failure();
  try {
    const Status status = work();
    hwy::FlushStream();
    workspace_.trim(kScratchBytes);
    return status;
  } catch (const TooMuchMemory&) {
    return Status::kTooMuchMemory;
  } catch (const std::bad_alloc&) {
    return Status::kOutOfMemory;
  }
}

Status Reencoder::decode(const uint8_t* data, size_t size) {
  return guarded([&] { return decode_file(data, size); });
}

Status Reencoder::decode_file(const uint8_t* data, size_t size) {
  UprightSize upright;
  uint8_t* pixels = nullptr;
  if (read_upright_size(data, size, recipe_, &upright)) {
    pixels = prepare(upright.height, upright.width, upright.gray ? 1 : 3);
  } else {
    pixels = prepare(1, 1, 3);
  }
  return decode_sample(data, size, recipe_, nullptr, pixels, &workspace_, kNotCancelled);
}

Status Reencoder::resample(const PixelImage& image, bool image_bgr) {
  return guarded([&] {
    uint8_t* pixels = prepare(image.height, image.width, image.channels);
    return resample_sample(image, image_bgr, recipe_, nullptr, pixels, &workspace_, kNotCancelled);
  });
}

Status Reencoder::encode(const JpegEncoding& encoding, const uint8_t** jpeg, size_t* size) {
  return guarded([&] {
    return encode_jpeg(image_.pixels.data(), image_.height, image_.width, image_.channels, encoding, &jpeg_, jpeg, size,
                       &workspace_.reason);
  });
}

uint8_t* Reencoder::prepare(int height, int width, int channels) {
  const int shorter = std::min(height, width);
  if (short_side_ > 0 && shorter > short_side_) {
    const auto scaled = [&](int side) { return static_cast<int>(static_cast<int64_t>(side) * short_side_ / shorter); };
    height = scaled(height);
    width = scaled(width);
  }
  image_.height = recipe_.format.height = height;
  image_.width = recipe_.format.width = width;
  image_.channels = recipe_.format.channels = channels;
  return image_.pixels.reserve(recipe_.format.bytes());
}

}  // namespace fastseq
