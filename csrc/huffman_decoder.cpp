#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "huffman_decoder.cpp"
#include "huffman_decoder.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set: BMI's shifts are what it is for
#include <hwy/highway.h>

#include <cstring>

#include "jpeg_frame.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The bits at hand: a copy of a segment's that the compiler can keep in registers.
struct Bits {
  uint64_t bits;
  uint64_t count;
  const uint8_t* next;

  // At least 56 bits.
  HWY_INLINE void refill() {
    uint64_t word;
    std::memcpy(&word, next, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    bits |= word >> count;
    next += (63 - count) >> 3;
    count |= 56;
  }
  HWY_INLINE void drop(uint32_t n) {
    bits <<= n & 63;
    count -= n;
  }
  // The signed number in the next `size` bits, 0 to 15 (T.81, F.2.2.1: EXTEND).
  HWY_INLINE int take_value(uint32_t size) {
    const int raw = static_cast<int>(bits >> 1 >> (63 - size));
    const int positive = static_cast<int>(bits >> 63);
    drop(size);
    return raw + ((positive - 1) & (1 - (1 << size)));
  }
};

// Leaves at least 25 bits.
HWY_INLINE bool decode_dc(const DcTable& table, Bits& in, int* difference) {
  in.refill();
  const uint32_t entry = table.lookup[in.bits >> (64 - DcTable::kBits)];
  uint32_t length = entry & 255;
  int size = static_cast<int>(entry >> 8);
  if (HWY_UNLIKELY(entry == 0)) {
    length = table.codes.find(static_cast<uint32_t>(in.bits >> 48), DcTable::kBits + 1, &size);
    if (length == 0) return false;
  }
  in.drop(length);
  *difference = in.take_value(static_cast<uint32_t>(size));
  return true;
}

struct Step {
  Bits in;
  uint64_t k;  // the coefficient that was written; 64 + the last one: the block has ended
  bool good;
};

// One symbol by the book. `block` may be null.
HWY_NOINLINE Step decode_symbol(const AcTable& table, Bits in, uint64_t k, int16_t* block) {
  in.refill();
  int symbol = 0;
  const int length = table.codes.find(static_cast<uint32_t>(in.bits >> 48), 1, &symbol);
  in.drop(static_cast<uint32_t>(length));
  const uint32_t run = static_cast<uint32_t>(symbol) >> 4, size = static_cast<uint32_t>(symbol) & 15;
  if (size == 0 && run != 15) return {in, 64 + k, length > 0};
  k += run + 1;
  const int value = in.take_value(size);
  if (k > 63) return {in, k, false};
  if (block) block[kNatural[k]] = static_cast<int16_t>(value);
  return {in, k, length > 0};
}

// The zigzag index of the last coefficient that is there, -1 where anything is amiss. Needs 25 bits.
HWY_INLINE int decode_ac(const AcTable& table, Bits& in, int16_t* block) {
  uint64_t k = 0;  // the coefficient that was written last
  for (;;) {
    for (int i = 0; i < 2; ++i) {
      const uint64_t entry = table.lookup[in.bits >> (64 - AcTable::kBits)];
      const uint64_t first = k + (entry >> 8 & 255);
      const uint64_t second = k + (entry >> 40 & 255);
      if (HWY_UNLIKELY(entry & AcTable::kPartial)) {
        in.drop(entry & 255);
        in.refill();
        const int value = in.take_value(static_cast<uint32_t>(entry >> 16 & 15));
        k = first;
        if (k > 63) return -1;
        block[kNatural[k]] = static_cast<int16_t>(value);
        if (k == 63) return 63;
        continue;
      }
      if (HWY_UNLIKELY(second > 62)) {
        if ((entry & AcTable::kEnd) && second < 63 + AcTable::kEndSteps) {
          in.drop(entry & 255);
          block[kNatural[first]] = static_cast<int16_t>(entry >> 16);
          return static_cast<int>(second) - AcTable::kEndSteps;
        }
        // A long code, or a block that is full after the first symbol.
        const Step step = decode_symbol(table, in, k, block);
        in = step.in;
        k = step.k;
        if (!step.good) return -1;
        if (k >= 63) return static_cast<int>(k & 63);
        break;
      }
      in.drop(entry & 255);
      block[kNatural[first]] = static_cast<int16_t>(entry >> 16);
      block[kNatural[second]] = static_cast<int16_t>(entry >> 48);
      k = second;
    }
    in.refill();
  }
}

// False where anything is amiss.
HWY_INLINE bool skip_ac(const AcTable& table, const SkipTable& skip, Bits& in) {
  uint64_t k = 0;
  for (;;) {
    in.refill();
    for (int i = 0; i < 2; ++i) {
      const uint32_t entry = skip.lookup[in.bits >> (64 - AcTable::kBits)];
      const uint64_t next = k + (entry >> 8 & 255);
      if (HWY_UNLIKELY(next > 62)) {
        if ((entry & SkipTable::kEnd) && next < 63 + AcTable::kEndSteps) {
          in.drop(entry & 255);
          return true;
        }
        const Step step = decode_symbol(table, in, k, nullptr);
        in = step.in;
        k = step.k;
        if (!step.good || k >= 63) return step.good;
        break;
      }
      in.drop(entry & 255);
      k = next;
    }
  }
}

HWY_INLINE void clear(int16_t* block) {
  const hn::CappedTag<int16_t, 32> d;
  for (size_t i = 0; i < kBlockSize; i += hn::Lanes(d)) hn::StoreU(hn::Zero(d), d, block + i);
}

template <bool kStore>
bool ReadMcus(const McuLayout& layout, int mcus, BitSegment* segment, int16_t* block, uint8_t* last) {
  Bits in = {segment->bits, static_cast<uint64_t>(segment->count), segment->next};
  const uint8_t* const begin = segment->begin;
  for (int m = 0; m < mcus; ++m) {
    for (int b = 0; b < layout.blocks; ++b) {
      const McuLayout::Block& code = layout.block[b];
      int difference;
      if (!decode_dc(*code.dc, in, &difference)) return false;
      int32_t& dc = segment->dc[code.component];
      dc = static_cast<int32_t>(static_cast<uint32_t>(dc) + static_cast<uint32_t>(difference));
      int end = 0;
      if (kStore && code.keep == Keep::kAll) clear(block);
      if (kStore) block[0] = static_cast<int16_t>(dc);
      if (kStore && code.keep == Keep::kAll) {
        end = decode_ac(*code.ac, in, block);
      } else if (!skip_ac(*code.ac, *code.skip, in)) {
        return false;
      }
      if (end < 0 || (in.next - begin) * 8 - static_cast<int64_t>(in.count) > segment->size) return false;
      if (kStore) {
        *last++ = static_cast<uint8_t>(end);
        block += kBlockSize;
      }
    }
  }
  segment->bits = in.bits;
  segment->count = static_cast<int>(in.count);
  segment->next = in.next;
  return true;
}

bool DecodeMcus(const McuLayout& layout, int mcus, BitSegment* segment, int16_t* coefficients, uint8_t* last) {
  return ReadMcus<true>(layout, mcus, segment, coefficients, last);
}

bool SkipMcus(const McuLayout& layout, int mcus, BitSegment* segment) {
  return ReadMcus<false>(layout, mcus, segment, nullptr, nullptr);
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(DecodeMcus);
HWY_EXPORT(SkipMcus);

bool decode_mcus(const McuLayout& layout, int mcus, BitSegment* segment, int16_t* coefficients, uint8_t* last) {
  return HWY_DYNAMIC_DISPATCH(DecodeMcus)(layout, mcus, segment, coefficients, last);
}
bool skip_mcus(const McuLayout& layout, int mcus, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(SkipMcus)(layout, mcus, segment);
}

}  // namespace fastseq
#endif
