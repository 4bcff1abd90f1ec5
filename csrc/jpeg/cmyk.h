// Inverted (Adobe) CMYK to the colors and luma of OpenCV, or to the colors of Pillow.
#pragma once
#include <cstdint>

namespace fastseq {

inline int cmyk_channel(int ink, int black) { return black - ((255 - ink) * black >> 8); }

// Pillow divides by 255 with rounding.
inline int pillow_cmyk_channel(int ink, int black) {
  const int product = (255 - ink) * black + 128;
  return black - ((product + (product >> 8)) >> 8);
}

inline void cmyk_to_packed4(const uint8_t* in, int count, bool bgr, bool pillow, uint8_t* out) {
  const auto channel = pillow ? pillow_cmyk_channel : cmyk_channel;
  for (int i = 0; i < count; ++i, in += 4, out += 4) {
    out[bgr ? 2 : 0] = static_cast<uint8_t>(channel(in[0], in[3]));
    out[1] = static_cast<uint8_t>(channel(in[1], in[3]));
    out[bgr ? 0 : 2] = static_cast<uint8_t>(channel(in[2], in[3]));
    out[3] = 255;
  }
}

// Rec. 601 luma in 14-bit fixed point: 0.299, 0.587, 0.114.
inline void cmyk_to_gray(const uint8_t* in, int count, uint8_t* out) {
  for (int i = 0; i < count; ++i, in += 4) {
    const int sum =
        4899 * cmyk_channel(in[0], in[3]) + 9617 * cmyk_channel(in[1], in[3]) + 1868 * cmyk_channel(in[2], in[3]);
    out[i] = static_cast<uint8_t>((sum + (1 << 13)) >> 14);
  }
}

}  // namespace fastseq
