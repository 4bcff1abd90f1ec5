// A bit reader for entropy-coded bytes. Included once for each instruction set, as BMI's shifts make it fast.
#if defined(FASTSEQ_BITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FASTSEQ_BITS_INL_H_
#undef FASTSEQ_BITS_INL_H_
#else
#define FASTSEQ_BITS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

// Fits into registers.
struct Bits {
  uint64_t bits;   // left-justified
  uint64_t count;  // number of valid bits modulo 64; a few more may be present
  const uint8_t* next;

  // Makes at least 56 bits available.
  HWY_INLINE void refill() {
    uint64_t word;
    std::memcpy(&word, next, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    bits |= word >> (count & 63);
    next += (~count & 63) >> 3;
    count |= 56;
  }
  HWY_INLINE void drop(uint32_t n) {
    bits <<= n & 63;
    count -= n;
  }
  // Returns the next n bits, 0 to 15, as a number.
  HWY_INLINE uint32_t read(uint32_t n) {
    const auto value = static_cast<uint32_t>(bits >> 1 >> (63 - n));
    drop(n);
    return value;
  }
  // Returns the signed number in the next `size` bits, 0 to 15 (T.81, F.2.2.1: EXTEND).
  HWY_INLINE int read_signed(uint32_t size) {
    const int positive = static_cast<int>(bits >> 63);
    const int raw = static_cast<int>(read(size));
    return raw + ((positive - 1) & (1 - (1 << size)));
  }
};

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
