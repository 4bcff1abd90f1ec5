// CRC-32C (Castagnoli; RFC 3720, appendix B.4), as TFRecord files have it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

uint32_t crc32c(const uint8_t* data, size_t size);

// As it is stored: TensorFlow masks it, since the CRC of data that hold their own CRC is weak.
inline uint32_t masked_crc32c(const uint8_t* data, size_t size) {
  const uint32_t crc = crc32c(data, size);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

}  // namespace fastseq
