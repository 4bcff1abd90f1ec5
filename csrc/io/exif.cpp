#include "io/exif.h"

namespace fastseq {

int exif_orientation(const uint8_t* tiff, size_t size) {
  if (size < 14) return 1;
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return 1;
  const auto u16 = [&](size_t at) -> uint32_t {
    return little ? tiff[at] | tiff[at + 1] << 8 : tiff[at] << 8 | tiff[at + 1];
  };
  const auto u32 = [&](size_t at) -> uint64_t {
    return little ? u16(at) | static_cast<uint64_t>(u16(at + 2)) << 16
                  : static_cast<uint64_t>(u16(at)) << 16 | u16(at + 2);
  };
  if (u16(2) != 42) return 1;
  const uint64_t directory = u32(4);
  if (directory + 2 > size) return 1;
  const uint32_t entries = u16(directory);
  for (uint32_t i = 0; i < entries; ++i) {
    const uint64_t at = directory + 2 + 12ull * i;
    if (at + 12 > size) return 1;
    if (u16(at) != 0x0112) continue;
    // A SHORT; some phones write a LONG. cv2 reads the first two bytes of either, which of a big-endian LONG are zero.
    const uint32_t type = u16(at + 2);
    const uint64_t value = type == 3 ? u16(at + 8) : type == 4 && little ? u32(at + 8) : 0;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace fastseq
