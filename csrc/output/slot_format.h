// Size, layout and item type of one sample's place in the batch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastseq {

struct SlotFormat {
  int height = 0, width = 0, channels = 0;
  bool channels_first = false;
  int item_bytes = 1;            // 1, 2, 4 or 8
  std::vector<uint8_t> lookup;   // 256 values of item_bytes each: what a byte becomes; empty where items are bytes
  double scale = 1, offset = 0;  // the same for values between the bytes: offset + scale * value

  size_t bytes() const { return static_cast<size_t>(height) * width * channels * item_bytes; }
  // Whether a batch of such slots exceeds a core's cache, so that stores should bypass it.
  bool is_large() const { return bytes() >= 1 << 16; }
};

}  // namespace fastseq
