// CRC-32C (Castagnoli; RFC 3720, appendix B.4), as TFRecord files have it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// Of a few bytes: a bit at a time.
constexpr uint32_t crc32c(const uint8_t* data, size_t size) {
  constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
  }
  return ~crc;
}

// As it is stored: TensorFlow masks it, since the CRC of data that hold their own CRC is weak.
constexpr uint32_t masked_crc32c(const uint8_t* data, size_t size) {
  const uint32_t crc = crc32c(data, size);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

}  // namespace fastseq
