#include "io/crc32c.h"

#include <array>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace fastseq {
namespace {

#if defined(__SSE4_2__) || defined(__ARM_FEATURE_CRC32)

uint32_t add_byte(uint32_t crc, uint8_t byte) {
#ifdef __SSE4_2__
  return _mm_crc32_u8(crc, byte);
#else
  return __crc32cb(crc, byte);
#endif
}

uint32_t add_8_bytes(uint32_t crc, const uint8_t* data) {
  uint64_t word;
  std::memcpy(&word, data, sizeof(word));
#ifdef __SSE4_2__
  return static_cast<uint32_t>(_mm_crc32_u64(crc, word));
#else
  return __crc32cd(crc, word);
#endif
}

#else

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

// tables[k][b]: of a byte b with k bytes of zeros after it.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint32_t add_byte(uint32_t crc, uint8_t byte) { return crc >> 8 ^ kTables[0][(crc ^ byte) & 0xFF]; }

uint32_t add_8_bytes(uint32_t crc, const uint8_t* data) {
  uint32_t sum = 0;
  for (size_t i = 0; i < 8; ++i) {
    const uint32_t of_crc = i < 4 ? crc >> 8 * i & 0xFF : 0;
    sum ^= kTables[7 - i][data[i] ^ of_crc];
  }
  return sum;
}

#endif

}  // namespace

uint32_t crc32c(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u;
  for (; size >= 8; data += 8, size -= 8) crc = add_8_bytes(crc, data);
  for (; size > 0; ++data, --size) crc = add_byte(crc, *data);
  return ~crc;
}

}  // namespace fastseq
