// The entropy-coded blocks of a sequential scan.
#pragma once
#include <cstddef>
#include <cstdint>

#include "huffman_table.h"

namespace fastseq {

constexpr int kBlockSize = 64;

// Entropy-coded bytes between two markers, free of stuffed zeros, and how far they are read. kSlack readable bytes
// follow them.
struct BitSegment {
  static constexpr int kSlack = 320;  // more than the longest block has

  const uint8_t* begin = nullptr;
  const uint8_t* next = nullptr;
  uint64_t bits = 0;  // left-justified
  int count = 0;      // how many of them are counted as read; a few more may be there
  int64_t size = 0;   // in bits

  void open(const uint8_t* data, size_t bytes) {
    begin = next = data;
    bits = 0;
    count = 0;
    size = static_cast<int64_t>(bytes) * 8;
  }
  int64_t left() const { return size - ((next - begin) * 8 - count); }
};

// One of the two parts of a block as they are coded: first the DC coefficient, then the others.
struct BlockPart {
  const HuffmanTable* table;
  int16_t* block;
};

// Reads the parts [from, to), of whole blocks that lie one behind the other, and looks at *to. A block gets its
// coefficients in natural order, not dequantised, and for DC its difference from that of the block before. False where
// anything is amiss.
bool decode_blocks(const BlockPart* from, const BlockPart* to, BitSegment* segment);
// The same where all AC coefficients are read past, by tables for that: of the blocks only block[0] is of use.
bool skip_blocks(const BlockPart* from, const BlockPart* to, BitSegment* segment);

}  // namespace fastseq
