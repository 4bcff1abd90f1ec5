// CRC-32C (Castagnoli; RFC 3720, appendix B.4), as TFRecord files have it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

uint32_t crc32c(const uint8_t* data, size_t size);

// The CRC of A followed by B is shift_crc32c(crc32c(A), size of B) ^ crc32c(B). A negative size takes bytes off again.
uint32_t shift_crc32c(uint32_t crc, int64_t size);

// As it is stored: TensorFlow masks it, since the CRC of data that hold their own CRC is weak.
constexpr uint32_t mask_crc32c(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }
constexpr uint32_t unmask_crc32c(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8u;
  return rotated >> 17 | rotated << 15;
}

}  // namespace fastseq
