// The Huffman codes of one image as look-up tables. Nearly every file brings its own, so building them must be fast.
#pragma once
#include <cstdint>

namespace fastseq {

// As a DHT segment gives it.
struct HuffmanCode {
  bool defined = false;
  uint8_t counts[17] = {};    // codes of each length
  uint8_t symbols[256] = {};  // by ascending code
};

// Every code, to be searched by length.
struct CodeSearch {
  uint32_t limit[17];  // codes of up to i bits, left-justified in 16, lie below limit[i]
  int32_t offset[17];  // symbol of a code of i bits: symbols[code + offset[i]]
  uint8_t symbols[256];

  // The length of the code that `bits` (16 of them) begin with; 0 where there is none. Without a branch: nobody could
  // foretell it.
  int find(uint32_t bits, int* symbol) const {
    int length = 1;
    for (int i = 1; i <= 16; ++i) length += bits >= limit[i];
    if (length > 16) return 0;
    *symbol = symbols[(static_cast<int32_t>(bits >> (16 - length)) + offset[length]) & 255];
    return length;
  }
};

// False where libjpeg would refuse the code.
bool build_code_search(const HuffmanCode& code, CodeSearch* search);

// Calls fill(symbol, length, first, count) for each code of at most `bits` bits: the look-ups that begin with it.
template <class Fill>
void for_short_codes(const HuffmanCode& code, int bits, Fill fill) {
  int first = 0, p = 0;
  for (int length = 1; length <= bits; ++length) {
    const int count = 1 << (bits - length);
    for (int i = 0; i < code.counts[length]; ++i, first += count) fill(code.symbols[p++], length, first, count);
  }
}

// Up to two coefficients that the next bits hold, and the end of the block behind them. Where there is one, it is the
// second, and the first is a zero in its place; where there is but the end, a zero is put behind the last one.
struct HuffmanEntry {
  static constexpr uint8_t kEnd = 128;
  // Of bits that no entry stands for, as a distance that leads out of the block: long codes, and no code at all.
  static constexpr uint8_t kNone = 64;

  uint8_t length;        // bits of all, up to HuffmanTable::kMaxBits; kEnd added where the block, or its DC, ends
  uint8_t second_steps;  // from the coefficient that came before the entry to the second
  uint8_t first_steps;   // and to the first
  int8_t first;          // the first's value
  uint8_t value_shift;   // right shift of 64 bits at hand that brings those of the second's value to the bottom
  uint8_t value_bits;    // how many they are
  int16_t second_base;   // what is added to them: 0, or 1 - 2^value_bits for a negative value (T.81, F.2.2.1: EXTEND)
};

struct HuffmanTable {
  static constexpr int kBits = 10;
  static constexpr int kMaxBits = 22;
  static constexpr HuffmanEntry kNone = {0, HuffmanEntry::kNone, 0, 0, 0, 0, 0};

  alignas(64) HuffmanEntry lookup[1 << kBits];
  CodeSearch codes;
};

// Each gives false where libjpeg would refuse the code.
// Of differences of DC coefficients: one at a time, each an end.
bool build_dc_table(const HuffmanCode& code, HuffmanTable* table);
bool build_ac_table(const HuffmanCode& code, HuffmanTable* table);
// For reading past AC coefficients: as many as can be at a time, none with a value.
bool build_skip_table(const HuffmanCode& code, HuffmanTable* table);

}  // namespace fastseq
