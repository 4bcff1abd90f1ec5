#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/block_decoder.cpp"
#include "jpeg/block_decoder.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set: BMI's shifts are what it is for
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "jpeg/bits-inl.h"
#include "jpeg/frame.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

// kNaturalOrder, padded as far as an entry's steps can lead. Aligned so that one bit of an address tells the last
// position and all behind it from the others.
constexpr std::array<uint8_t, 64 + HuffmanEntry::kNone> make_positions() {
  std::array<uint8_t, 64 + HuffmanEntry::kNone> positions{};
  for (int i = 0; i < 64; ++i) positions[static_cast<size_t>(i) + 1] = kNaturalOrder[i];
  return positions;
}
alignas(128) constexpr auto kPositions = make_positions();
constexpr const uint8_t* kFirst = kPositions.data() + 1;
constexpr const uint8_t* kLast = kFirst + 63;

HWY_INLINE bool is_last_or_outside(const uint8_t* position) {
  return (reinterpret_cast<uintptr_t>(position) & 64) != 0;
}

struct Reader : Bits {
  const uint8_t* position;  // in kPositions, of the previous coefficient
  const BlockPart* part;

  HWY_INLINE void end_part() {
    ++part;
    position = kFirst;
  }
};

// Decodes one symbol by searching the codes. False on any error.
HWY_INLINE bool read_symbol(bool is_dc, Reader* in) {
  in->refill();
  int symbol = 0;
  const int length = in->part->table->codes.find(static_cast<uint32_t>(in->bits >> 48), &symbol);
  if (length == 0) return false;
  in->drop(static_cast<uint32_t>(length));
  const uint32_t run = static_cast<uint32_t>(symbol) >> 4, size = static_cast<uint32_t>(symbol) & 15;
  if (is_dc) {
    in->part->block[0] = static_cast<int16_t>(in->read_signed(size));
    in->end_part();
  } else if (size == 0 && run != 15) {
    in->end_part();
  } else {
    in->position += run + 1;
    if (in->position > kLast) return false;
    in->part->block[*in->position] = static_cast<int16_t>(in->read_signed(size));
    if (in->position == kLast) in->end_part();
  }
  in->refill();
  return true;
}

// The fields of an entry. Loading a byte is cheaper on x86, extracting it from the entry's word on ARM.
struct Entry {
  const HuffmanEntry* at;
  uint64_t word;

#if HWY_ARCH_ARM_A64
  HWY_INLINE uint64_t first_steps() const { return word >> 16 & 255; }
  HWY_INLINE int16_t first() const { return static_cast<int16_t>(static_cast<int32_t>(word) >> 24); }
  HWY_INLINE int16_t second(uint64_t bits) const {
    uint64_t value = (bits << (word >> 32 & 63) >> (word >> 40 & 63)) + (word >> 48);
    asm("" : "+r"(value));  // keeps compilers from adding in 32 bits, which would take a shift of its own
    return static_cast<int16_t>(value);
  }
#else
  HWY_INLINE uint64_t first_steps() const { return at->first_steps; }
  HWY_INLINE int16_t first() const { return at->first; }
  HWY_INLINE int16_t second(uint64_t bits) const {
    return static_cast<int16_t>(static_cast<int>(value_bits(bits)) + at->second_base);
  }
  HWY_INLINE uint64_t value_bits(uint64_t bits) const {
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2
    uint16_t shift_and_count;  // as BEXTR expects them, value_shift first
    const auto* bytes = reinterpret_cast<const uint8_t*>(at);
    std::memcpy(&shift_and_count, bytes + offsetof(HuffmanEntry, value_shift), sizeof(shift_and_count));
    return __builtin_ia32_bextr_u64(bits, shift_and_count);
#else
    return bits >> (at->value_shift & 63) & ((1ull << at->value_bits) - 1);
#endif
  }
#endif
};

// The block of a part, and the table of the next.
HWY_INLINE void load_part(const BlockPart* part, int16_t** block, const HuffmanTable** next_table) {
#if HWY_ARCH_ARM_A64 && (defined(__GNUC__) || defined(__clang__))
  asm("ldp %0, %1, [%2, 8]"
      : "=&r"(*block), "=r"(*next_table)
      : "r"(part), "m"(*reinterpret_cast<const BlockPart(*)[2]>(part)));
#else
  *block = part->block;
  *next_table = part[1].table;
#endif
}

// Moves to `position`, or to the next part. Branchless, as the end of a part is unpredictable and would cost a
// misprediction per block.
HWY_INLINE void advance(const uint8_t* position, uint64_t end, const HuffmanTable* next_table, Reader* in,
                        const HuffmanTable** table) {
#if HWY_ARCH_X86_64 && (defined(__GNUC__) || defined(__clang__))
  in->position = position;
  asm("testb %3, %b4\n\tcmovne %5, %0\n\tcmovne %6, %1\n\tcmovne %7, %2"
      : "+r"(*table), "+r"(in->position), "+r"(in->part)
      : "i"(HuffmanEntry::kEnd), "q"(end), "r"(next_table), "r"(kFirst), "r"(in->part + 1)
      : "cc");
#elif HWY_ARCH_ARM_A64 && (defined(__GNUC__) || defined(__clang__))
  static_assert(sizeof(BlockPart) == HuffmanEntry::kEnd >> 3);
  uint64_t step;
  asm("ands %3, %5, %6\n\tcsel %0, %7, %0, ne\n\tcsel %1, %8, %4, ne\n\tadd %2, %2, %3, lsr 3"
      : "+&r"(*table), "=r"(in->position), "+r"(in->part), "=&r"(step)
      : "r"(position), "r"(end), "i"(int64_t{HuffmanEntry::kEnd}), "r"(next_table), "r"(kFirst)
      : "cc");
#else
  const bool ends = (end & HuffmanEntry::kEnd) != 0;
  *table = ends ? next_table : *table;
  in->position = ends ? kFirst : position;
  in->part += ends;
#endif
}

// Decodes one table entry. Without a refill, kMaxBits bits must be available. False on any error, and at the last part.
template <bool kFirstToo, bool kRefill>
HWY_INLINE bool read_entry(const BlockPart* from, Reader* in, const HuffmanTable** table) {
  int16_t* block;
  const HuffmanTable* next_table;
  load_part(in->part, &block, &next_table);
  Entry entry = {(*table)->lookup + (in->bits >> (64 - HuffmanTable::kBits)), 0};
  std::memcpy(&entry.word, entry.at, sizeof(entry.word));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
  entry.word = __builtin_bswap64(entry.word);
#endif
#if HWY_ARCH_X86 && defined(__clang__)
  asm("" : "+r"(entry.at));  // keeps clang loading its bytes, which is cheaper than shifting them out of the word
#endif
  if (kRefill) in->refill();
  const uint8_t* const second = in->position + (entry.word >> 8 & 255);
  if (HWY_UNLIKELY(is_last_or_outside(second))) {
    if (second != kLast || (entry.word & HuffmanEntry::kEnd)) {
      if (!read_symbol((in->part - from) % 2 == 0, in)) return false;
      *table = in->part->table;
      return true;
    }
    entry.word |= HuffmanEntry::kEnd;  // the block is complete
  }
  const uint64_t bits = in->bits;
  in->bits <<= entry.word & 63;
  in->count -= entry.word;
  if (kFirstToo) block[in->position[entry.first_steps()]] = entry.first();
  block[*second] = entry.second(bits);
  advance(second, entry.word, next_table, in, table);
  return true;
}

template <bool kFirstToo>
HWY_INLINE bool read_parts(const BlockPart* from, BlockPart* to, BitSegment* segment) {
  const HuffmanTable* const table_after = to->table;
  to->table = &kNoCodes;  // saves a test for each entry
  Reader in = {{segment->bits, static_cast<uint64_t>(segment->count), segment->next}, kFirst, from};
  const uint8_t* const stop = segment->begin + segment->size / 8 + 16;
  const HuffmanTable* table = from->table;
  in.refill();
  while (read_entry<kFirstToo, true>(from, &in, &table) && read_entry<kFirstToo, false>(from, &in, &table)) {
    if (HWY_UNLIKELY(in.next > stop)) break;
  }
  to->table = table_after;
  segment->bits = in.bits;
  segment->count = static_cast<int>(in.count & 63);
  segment->next = in.next;
  return in.part == to && segment->left() >= 0;
}

// Block by block, as compilers would turn one run into a call of memset, which starts more slowly.
HWY_INLINE void clear(int16_t* blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    std::memset(blocks + i * kBlockSize, 0, sizeof(int16_t) * kBlockSize);
    HWY_FENCE;
  }
}

bool DecodeBlocks(const BlockPart* from, BlockPart* to, BitSegment* segment) {
  clear(from->block, static_cast<size_t>(to - from) / 2);
  return read_parts<true>(from, to, segment);
}

bool SkipBlocks(const BlockPart* from, BlockPart* to, BitSegment* segment) {
  return read_parts<false>(from, to, segment);
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(DecodeBlocks);
HWY_EXPORT(SkipBlocks);

bool decode_blocks(const BlockPart* from, BlockPart* to, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(DecodeBlocks)(from, to, segment);
}
bool skip_blocks(const BlockPart* from, BlockPart* to, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(SkipBlocks)(from, to, segment);
}

}  // namespace fastseq
#endif
