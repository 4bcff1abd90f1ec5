// Numbers in files, least significant byte first.
#pragma once
#include <cstdint>

namespace fastseq {

inline uint16_t little_endian_16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
inline uint32_t little_endian_32(const uint8_t* p) {
  return little_endian_16(p) | static_cast<uint32_t>(little_endian_16(p + 2)) << 16;
}
inline uint64_t little_endian_64(const uint8_t* p) {
  return little_endian_32(p) | static_cast<uint64_t>(little_endian_32(p + 4)) << 32;
}

}  // namespace fastseq
