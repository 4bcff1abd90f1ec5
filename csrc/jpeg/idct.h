// Inverse DCTs, bit-identical to libjpeg's: the accurate integer one (jidctint) and the reduced ones (jidctred).
#pragma once
#include <cstdint>

namespace fastseq {

// How many bytes may be written past the last block of a row.
constexpr int kIdctOverrun = 64;

// Transforms `count` blocks to eight rows of samples: rows[r][8 * i ...] is row r of the block at coefficients + 64 *
// index[i]. `quant` is in natural order. False where values are so far out of range that libjpeg's implementations
// disagree.
bool idct_8x8(const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
              uint8_t* const* rows);
// The same to blocks of `size` x `size` samples: 4 or 2.
bool idct_reduced(int size, const int16_t* coefficients, const uint16_t* index, int count, const int16_t* quant,
                  uint8_t* const* rows);
// The same to one sample per block, from DC coefficients dc[step * index[i]].
bool idct_1x1(const int16_t* dc, int step, const uint16_t* index, int count, const int16_t* quant, uint8_t* row);

// The same for any `size`: 8, 4, 2 or 1. Blocks are `block_size` coefficients apart: kBlockSize, or for size 1 any.
inline bool idct_blocks(int size, const int16_t* coefficients, int block_size, const uint16_t* index, int count,
                        const int16_t* quant, uint8_t* const* rows) {
  if (size == 8) return idct_8x8(coefficients, index, count, quant, rows);
  if (size == 1) return idct_1x1(coefficients, block_size, index, count, quant, rows[0]);
  return idct_reduced(size, coefficients, index, count, quant, rows);
}

}  // namespace fastseq
