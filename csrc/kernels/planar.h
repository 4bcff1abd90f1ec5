// Triangle filters on 8-bit planes, and planes to pixels. Integer arithmetic, so all instruction sets give the same
// bits. Input rows must be readable kReadAhead bytes past their end. Nothing is written past `count` elements unless
// stated.
#pragma once
#include <cstdint>

#include "filters/triangle_table.h"
#include "kernels/read_ahead.h"

namespace fastseq::kernels {

constexpr int kFractionBits = 6;  // of filtered samples: value * 64

// Vertical pass: out[x] = sum of weights[t] * rows[t][x], as value * 64. Writes up to kReadAhead bytes past `count`.
void filter_vertical(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out);
// Horizontal pass: out[i] = sum of weights over in[first[i]..], as value * 64. Writes as far past its end.
void filter_horizontal(const int16_t* in, const TriangleTable& table, int16_t* out);

// Convert filtered planes to interleaved bytes, rounded and clamped. ycc_to_rgb returns the sum of squares, in 1/8 of a
// level, by which colors exceeded the range of bytes.
uint64_t ycc_to_rgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out);
void planes_to_rgb(const int16_t* a, const int16_t* b, const int16_t* c, int count, uint8_t* out);
void plane_to_gray(const int16_t* a, int count, uint8_t* out);

}  // namespace fastseq::kernels
