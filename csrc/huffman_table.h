// The Huffman codes of one picture as look-up tables. Nearly every file brings its own, so building them must be fast.
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

  // The length of the code that `bits` (16 of them) begin with, if it has at least `least` bits; else 0.
  int find(uint32_t bits, int least, int* symbol) const {
    for (int length = least; length <= 16; ++length) {
      if (bits < limit[length]) {
        *symbol = symbols[(static_cast<int32_t>(bits >> (16 - length)) + offset[length]) & 255];
        return length;
      }
    }
    return 0;
  }
};

struct DcTable {
  static constexpr int kBits = 9;
  uint16_t lookup[1 << kBits];  // size of the difference << 8 | length of its code; 0: a longer code, or none
  CodeSearch codes;
};

// An entry holds up to two symbols with the bits of their values, as far as kBits reach.
//   bits 0-7    length of all that is in the entry
//   bits 8-15   steps to the first coefficient, from the last one that was written
//   bits 16-31  its value
//   bits 32-39  flags
//   bits 40-47  steps to the second coefficient, from the same one; where there is none, the first once more
//   bits 48-63  its value
// The end of a block is kEndSteps beyond what comes before it; alone, it also writes a zero one step on. In a kPartial
// entry the bits of the value do not all fit: it has the length of the code, the steps, and the size of the value in
// bits 16-31. kLongSteps stand for all codes of more than kBits, and
// for none.
struct AcTable {
  static constexpr int kBits = 11;
  static constexpr uint64_t kEnd = 1ull << 32;
  static constexpr uint64_t kPartial = 1ull << 33;
  static constexpr int kEndSteps = 65;
  static constexpr int kLongSteps = 128;
  uint64_t lookup[1 << kBits];
  CodeSearch codes;
};

// For reading past coefficients: an entry stands for as many symbols as begin within kBits.
//   bits 0-7   length of them and of their values, up to 26
//   bits 8-15  steps from the last coefficient before them to their last; kEndSteps and kLongSteps as in AcTable
//   bit 16     the block ends
struct SkipTable {
  static constexpr uint32_t kEnd = 1 << 16;
  uint32_t lookup[1 << AcTable::kBits];
};

// False where libjpeg would refuse the code.
bool build_dc_table(const HuffmanCode& code, DcTable* table);
bool build_ac_table(const HuffmanCode& code, AcTable* table);
// Of a code that build_ac_table accepts.
void build_skip_table(const HuffmanCode& code, SkipTable* table);

}  // namespace fastseq
