// The entropy-coded blocks of a sequential scan.
#pragma once
#include <cstddef>
#include <cstdint>

#include "jpeg/entropy_segment.h"
#include "jpeg/huffman_table.h"

namespace fastseq {

constexpr int kBlockSize = 64;

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
