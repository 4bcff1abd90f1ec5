// Size, layout and item type of one sample's place in the batch.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/item_scaling.h"

namespace fastseq {

struct SlotFormat {
  int height = 0, width = 0, channels = 0;
  bool channels_first = false;
  int item_bytes = 1;           // 1, 2, 4 or 8
  bool uint16_items = false;    // whether items of 2 bytes are integers, not half floats
  std::vector<uint8_t> lookup;  // by channel, 256 items: what a byte becomes; empty where items are bytes
  // The same for values between the bytes, by plane: `channels` of them with channels_first, else one.
  std::array<kernels::ItemScaling, kernels::ItemScaling::kChannels> scaling;

  // Sets `scaling`, after the fields above it: one value for all channels or one for each.
  void set_scaling(const std::vector<double>& scale, const std::vector<double>& offset) {
    kernels::ItemScaling::Channels scales, offsets;
    for (size_t c = 0; c < scales.size(); ++c) {
      scales[c] = scale[std::min(c, scale.size() - 1)];
      offsets[c] = offset[std::min(c, offset.size() - 1)];
    }
    for (size_t c = 0; c < scales.size(); ++c) {
      scaling[c] = channels_first ? kernels::ItemScaling(scales[c], offsets[c]) : kernels::ItemScaling(scales, offsets);
    }
  }
  bool has_integers() const { return item_bytes == 1 || uint16_items; }
  size_t bytes() const { return static_cast<size_t>(height) * width * channels * item_bytes; }
  // Whether a batch of such slots exceeds a core's cache, so that stores should bypass it.
  bool is_large() const { return bytes() >= 1 << 16; }
};

}  // namespace fastseq
