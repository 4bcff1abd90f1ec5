// Huffman codes as look-up tables. Nearly every file brings its own, so building them must be fast.
#pragma once
#include <cstdint>

namespace fastseq {

// The contents of a DHT segment.
struct HuffmanCode {
  bool defined = false;
  uint8_t counts[17] = {};    // codes of each length
  uint8_t symbols[256] = {};  // by ascending code
};

// Finds codes of any length by comparison.
struct CodeSearch {
  uint32_t limit[17];  // codes of up to i bits, left-justified to 16 bits, are below limit[i]
  int32_t offset[17];  // symbol of a code of i bits: symbols[code + offset[i]]
  uint8_t symbols[256];

  // Returns the length of the code that the 16 `bits` begin with; 0 if there is none. Branchless, as lengths are
  // unpredictable.
  int find(uint32_t bits, int* symbol) const {
    int length = 1;
    for (int i = 1; i <= 16; ++i) length += bits >= limit[i];
    if (length > 16) return 0;
    *symbol = symbols[(static_cast<int32_t>(bits >> (16 - length)) + offset[length]) & 255];
    return length;
  }
};

// False if libjpeg would reject the code.
bool build_code_search(const HuffmanCode& code, CodeSearch* search);

// Calls fill(symbol, length, first, count) for each code of at most `bits` bits, where [first, first + count) are the
// look-up indices that begin with the code.
template <class Fill>
void for_short_codes(const HuffmanCode& code, int bits, Fill fill) {
  int first = 0, p = 0;
  for (int length = 1; length <= bits; ++length) {
    const int count = 1 << (bits - length);
    for (int i = 0; i < code.counts[length]; ++i, first += count) fill(code.symbols[p++], length, first, count);
  }
}

// Up to two coefficients decoded from the next bits, and the end of the block after them. A single coefficient is the
// second; the first is then a zero at the same position. For an end alone, a zero is written after the last
// coefficient.
struct HuffmanEntry {
  static constexpr uint8_t kEnd = 128;
  // Steps that lead out of the block: codes too long for the table, and invalid ones.
  static constexpr uint8_t kNone = 64;

  uint8_t length;        // total bits, up to HuffmanTable::kMaxBits, plus kEnd where the block (or its DC part) ends
  uint8_t second_steps;  // steps from the previous coefficient to the second
  uint8_t first_steps;   // steps to the first
  int8_t first;          // value of the first
#if defined(__aarch64__)
  uint8_t value_left;  // left shift of 64 bits that moves the second's value bits to the top
  uint8_t
      value_right;  // right shift that then moves them to the bottom, below 64: a value without bits takes a known one
#else
  uint8_t value_shift;  // right shift of 64 bits that moves the second's value bits to the bottom
  uint8_t value_bits;   // number of the second's value bits
#endif
  int16_t second_base;  // added to these bits: 0, or 1 - 2^value_bits for a negative value (T.81, F.2.2.1: EXTEND)
};

struct HuffmanTable {
  static constexpr int kBits = 10;
  static constexpr int kMaxBits = 22;
  static constexpr HuffmanEntry kNone = {0, HuffmanEntry::kNone, 0, 0, 0, 0, 0};

  alignas(64) HuffmanEntry lookup[1 << kBits];
  CodeSearch codes;
};

// A table that finds no code in any bits.
extern const HuffmanTable kNoCodes;

// Each returns false if libjpeg would reject the code.
// Differences of DC coefficients: one per entry, each with kEnd.
bool build_dc_table(const HuffmanCode& code, HuffmanTable* table);
bool build_ac_table(const HuffmanCode& code, HuffmanTable* table);
// Skips AC coefficients: as many per entry as fit, without values.
bool build_skip_table(const HuffmanCode& code, HuffmanTable* table);

}  // namespace fastseq
