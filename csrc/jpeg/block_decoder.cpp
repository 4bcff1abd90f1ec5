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

// kNaturalOrder, padded as far as an entry's steps can lead.
constexpr std::array<uint8_t, 64 + HuffmanEntry::kNone> make_positions() {
  std::array<uint8_t, 64 + HuffmanEntry::kNone> positions{};
  for (int i = 0; i < 64; ++i) positions[static_cast<size_t>(i)] = kNaturalOrder[i];
  return positions;
}
alignas(64) constexpr auto kPositions = make_positions();

struct Reader : Bits {
  const uint8_t* position;  // in kPositions, of the previous coefficient
  const BlockPart* part;

  HWY_INLINE void end_part() {
    ++part;
    position = kPositions.data();
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
    if (in->position > &kPositions[63]) return false;
    in->part->block[*in->position] = static_cast<int16_t>(in->read_signed(size));
    if (in->position == &kPositions[63]) in->end_part();
  }
  in->refill();
  return true;
}

// Extracts the bits of the entry's second value.
HWY_INLINE uint64_t value_bits(uint64_t bits, const HuffmanEntry* entry) {
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2
  uint16_t shift_and_count;  // as BEXTR expects them, value_shift first
  const auto* bytes = reinterpret_cast<const uint8_t*>(entry);
  std::memcpy(&shift_and_count, bytes + offsetof(HuffmanEntry, value_shift), sizeof(shift_and_count));
  return __builtin_ia32_bextr_u64(bits, shift_and_count);
#else
  return bits >> (entry->value_shift & 63) & ((1ull << entry->value_bits) - 1);
#endif
}

// Branchless, as the end of a part is unpredictable and would cost a misprediction per block.
HWY_INLINE void advance_if(uint64_t end, const BlockPart* next, const HuffmanTable* next_table, Reader* in,
                           const HuffmanTable** table) {
#if HWY_ARCH_X86_64 && (defined(__GNUC__) || defined(__clang__))
  asm("testb %3, %b4\n\tcmovne %5, %0\n\tcmovne %6, %1\n\tcmovne %7, %2"
      : "+r"(*table), "+r"(in->position), "+r"(in->part)
      : "i"(HuffmanEntry::kEnd), "q"(end), "r"(next_table), "r"(kPositions.data()), "r"(next)
      : "cc");
#else
  const bool ends = (end & HuffmanEntry::kEnd) != 0;
  *table = ends ? next_table : *table;
  in->position = ends ? kPositions.data() : in->position;
  in->part = ends ? next : in->part;
#endif
}

// Decodes one table entry. Without a refill, kMaxBits bits must be available.
template <bool kFirst, bool kRefill>
HWY_INLINE bool read_entry(const BlockPart* from, Reader* in, const HuffmanTable** table) {
  const HuffmanTable* const next_table = in->part[1].table;
  const HuffmanEntry* entry = (*table)->lookup + (in->bits >> (64 - HuffmanTable::kBits));
  uint64_t word;
  std::memcpy(&word, entry, sizeof(word));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
  word = __builtin_bswap64(word);
#endif
#if defined(__clang__)
  asm("" : "+r"(entry));  // keeps clang loading its bytes, which is cheaper than shifting them out of the word
#endif
  if (kRefill) in->refill();
  const uint8_t* const second = in->position + (word >> 8 & 255);
  if (HWY_UNLIKELY(second > &kPositions[62])) {
    if (second != &kPositions[63] || (word & HuffmanEntry::kEnd)) {
      if (!read_symbol((in->part - from) % 2 == 0, in)) return false;
      *table = in->part->table;
      return true;
    }
    word |= HuffmanEntry::kEnd;  // the block is complete
  }
  const uint64_t bits = in->bits;
  in->bits <<= word & 63;
  in->count -= word;
  int16_t* const block = in->part->block;
  if (kFirst) block[in->position[entry->first_steps]] = entry->first;
  block[*second] = static_cast<int16_t>(static_cast<int>(value_bits(bits, entry)) + entry->second_base);
  in->position = second;
  advance_if(word, in->part + 1, next_table, in, table);
  return true;
}

template <bool kFirst>
HWY_INLINE bool read_parts(const BlockPart* from, const BlockPart* to, BitSegment* segment) {
  Reader in = {{segment->bits, static_cast<uint64_t>(segment->count), segment->next}, kPositions.data(), from};
  const uint8_t* const stop = segment->begin + segment->size / 8 + 16;
  const HuffmanTable* table = from->table;
  in.refill();
  for (;;) {
    if (!read_entry<kFirst, true>(from, &in, &table)) return false;
    if (in.part == to) break;
    if (!read_entry<kFirst, false>(from, &in, &table)) return false;
    if (in.part == to) break;
    if (HWY_UNLIKELY(in.next > stop)) return false;
  }
  segment->bits = in.bits;
  segment->count = static_cast<int>(in.count & 63);
  segment->next = in.next;
  return segment->left() >= 0;
}

// Block by block, as compilers would turn one run into a call of memset, which starts more slowly.
HWY_INLINE void clear(int16_t* blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    std::memset(blocks + i * kBlockSize, 0, sizeof(int16_t) * kBlockSize);
    HWY_FENCE;
  }
}

bool DecodeBlocks(const BlockPart* from, const BlockPart* to, BitSegment* segment) {
  clear(from->block, static_cast<size_t>(to - from) / 2);
  return read_parts<true>(from, to, segment);
}

bool SkipBlocks(const BlockPart* from, const BlockPart* to, BitSegment* segment) {
  return read_parts<false>(from, to, segment);
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(DecodeBlocks);
HWY_EXPORT(SkipBlocks);

bool decode_blocks(const BlockPart* from, const BlockPart* to, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(DecodeBlocks)(from, to, segment);
}
bool skip_blocks(const BlockPart* from, const BlockPart* to, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(SkipBlocks)(from, to, segment);
}

}  // namespace fastseq
#endif
