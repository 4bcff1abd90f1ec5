// cv2.INTER_LINEAR and INTER_NEAREST, bit for bit. Pixels have 1 or 4 bytes; `count` counts bytes. Input rows must be
// readable kReadAhead bytes past their end.
#pragma once
#include <cstdint>

#include "filters/pair_table.h"
#include "kernels/read_ahead.h"

namespace fastseq::kernels {

// The first pass gives 16-bit sums (11-bit weights, shifted right by 4), and writes up to kReadAhead bytes past their
// end.
void cv2_horizontal(const uint8_t* row, int pixel_size, const PairTable& table, int16_t* out);
void cv2_vertical(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count, int16_t* out);
// The second pass gives bytes.
void cv2_horizontal(const int16_t* in, int pixel_size, const PairTable& table, uint8_t* out);
void cv2_vertical(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count, uint8_t* out);
// cv2's exact halving of an image: the rounded mean of two by two pixels.
void mean_2x2(const uint8_t* low, const uint8_t* high, int pixel_size, const PairTable& table, uint8_t* out);

// Copies one source pixel per entry: a byte, or the first three of four.
void pick_gray(const uint8_t* row, const PairTable& table, uint8_t* out);
void pick_colors(const uint8_t* row, const PairTable& table, uint8_t* out);

}  // namespace fastseq::kernels
