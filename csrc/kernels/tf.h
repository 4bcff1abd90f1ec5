// The inner loops of the filters whose samples are float32. No sum is contracted or reordered, so that all instruction
// sets give the same bits. `pixel` is 1 or 4 values to a pixel of the input; of 4, the first 3 are made, and a passed
// row of these may be written one float past its end.
#pragma once
#include <cstdint>

#include "filters/tf_table.h"

namespace fastseq::kernels {

// The passes along columns: entries of the table from one row.
void lerp_horizontal(const uint8_t* row, int pixel_size, const LerpTable& table, float* out);
void lerp_horizontal(const float* row, int pixel_size, const LerpTable& table, float* out);
void sum_horizontal(const uint8_t* row, int pixel_size, const SumTable& table, float gain, float* out);
void sum_horizontal(const float* row, int pixel_size, const SumTable& table, float gain, float* out);

// The passes along rows: one entry, for `count` values.
void lerp_vertical(const uint8_t* low, const uint8_t* high, float fraction, int count, float* out);
void lerp_vertical(const float* low, const float* high, float fraction, int count, float* out);
// sums = (sums + row * weight) * gain; where `first`, sums start at 0.
void add_row(const uint8_t* row, float weight, bool first, float gain, int count, float* sums);
void add_row(const float* row, float weight, bool first, float gain, int count, float* sums);

}  // namespace fastseq::kernels
