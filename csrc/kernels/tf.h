// The inner loops of filters on float32 samples. No sum is contracted or reordered, so all instruction sets give the
// same bits. Input pixels have 1 or 4 values; the first 3 of 4 are filtered, and one float may be written past the end
// of such a row.
#pragma once
#include <cstdint>

#include "filters/tf_table.h"

namespace fastseq::kernels {

// Horizontal passes: all entries of the table from one row.
void lerp_horizontal(const uint8_t* row, int pixel_size, const LerpTable& table, float* out);
void lerp_horizontal(const float* row, int pixel_size, const LerpTable& table, float* out);
void sum_horizontal(const uint8_t* row, int pixel_size, const SumTable& table, float gain, float* out);
void sum_horizontal(const float* row, int pixel_size, const SumTable& table, float gain, float* out);

// Vertical passes: one entry, for `count` values.
void lerp_vertical(const uint8_t* low, const uint8_t* high, float fraction, int count, float* out);
void lerp_vertical(const float* low, const float* high, float fraction, int count, float* out);
// sums = (sums + row * weight) * gain; sums start at 0 if `first`.
void add_row(const uint8_t* row, float weight, bool first, float gain, int count, float* sums);
void add_row(const float* row, float weight, bool first, float gain, int count, float* sums);

}  // namespace fastseq::kernels
