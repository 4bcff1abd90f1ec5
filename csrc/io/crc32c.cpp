#include "io/crc32c.h"

#include <array>
#include <cstring>

#include "base/platform.h"
#if defined(__x86_64__)
#include <x86intrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#endif

namespace fastseq {
namespace {

// Polynomials over GF(2), reflected: the highest bit is the coefficient of x^0.
constexpr uint32_t kPolynomial = 0x82F63B78;
constexpr uint32_t kOne = 1u << 31;
constexpr int64_t kOrder = (int64_t{1} << 31) - 1;  // of x: x^kOrder is 1 modulo the polynomial
constexpr size_t kInThree = 768;                    // bytes from which three parts are gone through side by side

constexpr uint32_t times_x(uint32_t a) { return a & 1 ? a >> 1 ^ kPolynomial : a >> 1; }

constexpr uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (; a != 0; a <<= 1, b = times_x(b)) {
    if (a & kOne) product ^= b;
  }
  return product;
}

// x^(2^i) at i.
constexpr std::array<uint32_t, 31> make_squares() {
  std::array<uint32_t, 31> squares = {};
  squares[0] = times_x(kOne);
  for (size_t i = 1; i < squares.size(); ++i) squares[i] = multiply(squares[i - 1], squares[i - 1]);
  return squares;
}

constexpr std::array<uint32_t, 256> make_bytes() {
  std::array<uint32_t, 256> bytes = {};
  for (uint32_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = i;
    for (int bit = 0; bit < 8; ++bit) bytes[i] = times_x(bytes[i]);
  }
  return bytes;
}

constexpr std::array<uint32_t, 31> kSquares = make_squares();
constexpr std::array<uint32_t, 256> kBytes = make_bytes();
static_assert(multiply(kSquares[30], kSquares[30]) == kSquares[0], "the order of x divides 2^31 - 1");

// The remainder after more data, without the inversions at both ends.
uint32_t extend_by_table(uint32_t crc, const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; ++i) crc = crc >> 8 ^ kBytes[(crc ^ data[i]) & 0xFF];
  return crc;
}

#if defined(__x86_64__)
#define FASTSEQ_CRC32C_TARGET __attribute__((target("sse4.2,crc32")))  // base/cpu.h requires them
FASTSEQ_CRC32C_TARGET inline uint64_t add_word(uint64_t crc, uint64_t word) { return _mm_crc32_u64(crc, word); }
#elif defined(__aarch64__)
#if defined(__clang__)
#define FASTSEQ_CRC32C_TARGET __attribute__((target("crc")))
#else
#define FASTSEQ_CRC32C_TARGET __attribute__((target("+crc")))
#endif
FASTSEQ_CRC32C_TARGET inline uint64_t add_word(uint64_t crc, uint64_t word) {
  return __crc32cd(static_cast<uint32_t>(crc), word);
}
#endif

#if defined(FASTSEQ_CRC32C_TARGET)
// The instruction takes three cycles, and one can begin in each: three parts at once, put together at the end.
FASTSEQ_CRC32C_TARGET uint32_t extend_by_instruction(uint32_t crc, const uint8_t* data, size_t size) {
  const auto word = [](const uint8_t* p) {
    uint64_t value;
    std::memcpy(&value, p, sizeof(value));
    return value;
  };
  uint64_t first = crc;
  if (size >= kInThree) {
    const size_t part = size / 24 * 8;
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < part; i += 8) {
      first = add_word(first, word(data + i));
      second = add_word(second, word(data + part + i));
      third = add_word(third, word(data + 2 * part + i));
    }
    const auto shift = static_cast<int64_t>(part);
    first = shift_crc32c(static_cast<uint32_t>(first), shift) ^ static_cast<uint32_t>(second);
    first = shift_crc32c(static_cast<uint32_t>(first), shift) ^ static_cast<uint32_t>(third);
    data += 3 * part;
    size -= 3 * part;
  }
  for (; size >= 8; data += 8, size -= 8) first = add_word(first, word(data));
  return extend_by_table(static_cast<uint32_t>(first), data, size);
}
#endif

}  // namespace

uint32_t crc32c(const uint8_t* data, size_t size) {
#if defined(FASTSEQ_CRC32C_TARGET)
  static const bool has_instruction = platform::has_crc32c();
  if (has_instruction) return ~extend_by_instruction(~0u, data, size);
#endif
  return ~extend_by_table(~0u, data, size);
}

uint32_t shift_crc32c(uint32_t crc, int64_t size) {
  int64_t exponent = size % kOrder * 8 % kOrder;
  if (exponent < 0) exponent += kOrder;
  for (size_t i = 0; exponent != 0; ++i, exponent >>= 1) {
    if (exponent & 1) crc = multiply(kSquares[i], crc);
  }
  return crc;
}

}  // namespace fastseq
