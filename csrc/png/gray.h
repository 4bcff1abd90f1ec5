// Gray of a PNG's colors, as libpng computes it for OpenCV.
#pragma once
#include <array>
#include <cstdint>

namespace fastseq {

// Weighs colors by 0.299, 0.587 and 0.114: in linear light where the file tells its gamma, else as they are stored.
class PngGray {
 public:
  // `gamma` is PngFile::gamma.
  explicit PngGray(int64_t gamma);

  uint8_t of(int red, int green, int blue) const {
    if (!linear_) return static_cast<uint8_t>(weighted(red, green, blue) >> 15);
    if (red == green && red == blue) return static_cast<uint8_t>(red);
    return from_linear_[(weighted(to_linear_[red], to_linear_[green], to_linear_[blue]) + kHalf) >> 15];
  }

 private:
  static constexpr int kRed = 9797, kGreen = 19234, kBlue = 3737;  // their sum is 1 << 15
  static constexpr int kHalf = 1 << 14;

  static int weighted(int red, int green, int blue) { return kRed * red + kGreen * green + kBlue * blue; }

  const bool linear_;
  std::array<uint8_t, 256> to_linear_, from_linear_;
};

}  // namespace fastseq
