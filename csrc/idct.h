// The inverse DCT: libjpeg's accurate integer one (jidctint), bit for bit.
#pragma once
#include <cstdint>

namespace fastseq {

// Bytes that idct_blocks may write past the last block of a row.
constexpr int kIdctOverrun = 64;

// Transforms `count` blocks to the samples of eight rows: rows[r][8 * i ...] is row r of the block at
// coefficients + 64 * index[i]. `last` is by block, as decode_mcus gives it; `quant` is in natural order. False where
// values are so far out of range that libjpeg's own versions do not agree.
bool idct_blocks(const int16_t* coefficients, const uint8_t* last, const uint16_t* index, int count,
                 const int16_t* quant, uint8_t* const* rows);

}  // namespace fastseq
