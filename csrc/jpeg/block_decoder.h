// Huffman decoding of the blocks of a sequential scan.
#pragma once
#include <cstddef>
#include <cstdint>

#include "jpeg/entropy_segment.h"
#include "jpeg/huffman_table.h"

namespace fastseq {

constexpr int kBlockSize = 64;

// One of a block's two parts as they are coded: the DC coefficient, then the AC coefficients.
struct BlockPart {
  const HuffmanTable* table;
  int16_t* block;
};

// Decodes the parts [from, to) of whole, consecutive blocks. Another block's parts must follow; *to is changed
// meanwhile. Blocks get coefficients in natural order, not dequantized, and for DC the difference from the previous
// block. False on any error.
bool decode_blocks(const BlockPart* from, BlockPart* to, BitSegment* segment);
// Skips AC coefficients, by tables from build_skip_table(). Only block[0] of each block is defined.
bool skip_blocks(const BlockPart* from, BlockPart* to, BitSegment* segment);

}  // namespace fastseq
