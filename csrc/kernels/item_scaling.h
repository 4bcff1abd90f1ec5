// What the values of a row become: offset + scale * value, one pair for all items or one for each channel.
#pragma once
#include <array>

namespace fastseq::kernels {

class ItemScaling {
 public:
  static constexpr int kChannels = 3;
  using Channels = std::array<double, kChannels>;

  explicit ItemScaling(double scale = 1, double offset = 0)
      : ItemScaling({scale, scale, scale}, {offset, offset, offset}) {}
  // For rows of interleaved pixels with three channels.
  ItemScaling(const Channels& scale, const Channels& offset) {
    uniform_ = true;
    for (int c = 1; c < kChannels; ++c) uniform_ &= scale[c] == scale[0] && offset[c] == offset[0];
    for (int i = 0; i < kItems; ++i) {
      scale32_[i] = static_cast<float>(scale64_[i] = scale[i % kChannels]);
      offset32_[i] = static_cast<float>(offset64_[i] = offset[i % kChannels]);
    }
  }

  // Whether all items of a row have the same scale and offset.
  bool is_uniform() const { return uniform_; }
  // The values for items 0, 1, 2, ...: enough to load a whole vector starting at any channel. The argument only selects
  // the type.
  const float* scale(float /*item*/) const { return scale32_.data(); }
  const float* offset(float /*item*/) const { return offset32_.data(); }
  const double* scale(double /*item*/) const { return scale64_.data(); }
  const double* offset(double /*item*/) const { return offset64_.data(); }

 private:
  static constexpr int kMaxLanes = 64;  // floats in the largest vector that Highway has
  static constexpr int kItems = kChannels - 1 + kMaxLanes;

  bool uniform_;
  std::array<float, kItems> scale32_, offset32_;
  std::array<double, kItems> scale64_, offset64_;
};

}  // namespace fastseq::kernels
