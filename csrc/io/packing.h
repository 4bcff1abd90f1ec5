// Takes images out of the ranges that hold them compressed or with a checksum.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "base/status.h"

namespace fastseq {

constexpr int64_t kCrc32c = int64_t{1} << 32;  // tells a CRC-32C from a CRC-32

// How bytes hold an image: a member of a zip archive, or a part of a record.
struct Packing {
  int64_t inflated_size = -1;  // of the image, if the bytes are a deflate stream; -1 if they are the image itself
  int64_t checksum = -1;       // of the image: its CRC-32, or kCrc32c + its CRC-32C; -1 if it is not known
};

// Takes the image out of data[0, size): *image is in `data`, or in *buffer if it was inflated, which `data` must not be
// in. Returns kOk, kFileTooLarge beyond `max_bytes`, kEmpty, or, with a message in *reason, kCorrupt. Throws
// std::bad_alloc.
Status unpack(const Packing& packing, const uint8_t* data, size_t size, int64_t max_bytes, Buffer* buffer,
              const uint8_t** image, size_t* image_size, std::string* reason);

}  // namespace fastseq
