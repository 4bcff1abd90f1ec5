// The inner loops, vectorised for the processor at hand. Every one is integer arithmetic, so that all instruction sets
// give the same bits. Unless said otherwise, input rows may be read kReadAhead bytes past their end, and no byte is
// written past `count` elements.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/triangle_table.h"

namespace fastseq {
struct AreaRounding;
struct AreaTable;
struct PilTable;
}  // namespace fastseq

namespace fastseq::kernels {

constexpr int kReadAhead = 64;
constexpr int kFractionBits = 6;  // of samples between the passes and after them: value * 64

// out[x] = sum of weights[t] * rows[t][x], as value * 64. `out` may be written up to kReadAhead bytes past count.
void filter_rows(const uint8_t* const* rows, const int16_t* weights, int taps, int count, int16_t* out);
// out[i] = sum of weights over in[first[i]..], as value * 64. `out` as above.
void filter_columns(const int16_t* in, const FilterTable& table, int16_t* out);

// Finished planes (value * 64) to interleaved bytes, rounded and clamped.
// ycc_to_rgb returns by how much the colours passed the range of bytes: the sum of squares, in 1/8 of a level.
uint64_t ycc_to_rgb(const int16_t* y, const int16_t* cb, const int16_t* cr, int count, bool bgr, uint8_t* out);
void planes_to_rgb(const int16_t* a, const int16_t* b, const int16_t* c, int count, uint8_t* out);
void plane_to_gray(const int16_t* a, int count, uint8_t* out);
void repeat_gray(const uint8_t* gray, int count, uint8_t* out);  // one channel to three

// Interleaved pixels to planes or to another width of pixel; `swap` exchanges the first and third channel.
void split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c);
void split3(const uint8_t* in, int count, bool swap, uint8_t* a, uint8_t* b, uint8_t* c);
void widen3to4(const uint8_t* in, int count, bool swap, uint8_t* out);
void narrow4to3(const uint8_t* in, int count, uint8_t* out);

// cv2.INTER_LINEAR. A first pass gives 16-bit sums (11-bit weights, shifted right by 4), a second one the bytes.
// `pixel` is 1 or 4 bytes. `low` and `high` count pixels.
void cv2_first_columns(const uint8_t* row, int pixel, const PairTable& table, int16_t* out);
void cv2_first_rows(const uint8_t* low, const uint8_t* high, int weight_low, int weight_high, int count, int16_t* out);
void cv2_second_columns(const int16_t* in, int pixel, const PairTable& table, uint8_t* out);
void cv2_second_rows(const int16_t* low, const int16_t* high, int weight_low, int weight_high, int count, uint8_t* out);
// cv2 halving a picture exactly: the rounded mean of two by two.
void mean_2x2(const uint8_t* low, const uint8_t* high, int pixel, const PairTable& table, uint8_t* out);
// One pixel for each entry: bytes; or the first three bytes of four.
void pick_gray(const uint8_t* row, const PairTable& table, uint8_t* out);
void pick_colors(const uint8_t* row, const PairTable& table, uint8_t* out);

// cv2.INTER_AREA. A first pass gives sums of 4 bytes: floats, or integers where `whole`; a second one the bytes.
// Weights and rows come in the order of adding up. area_first_columns takes 1 or 2 rows of `width` pixels. `out` may be
// written up to kReadAhead bytes past its end, except by area_second_rows.
constexpr size_t area_scratch_bytes(int width) { return (static_cast<size_t>(width) + 3) * 2 * 4 * sizeof(float); }
void area_first_columns(const uint8_t* const* in, int rows, int pixel, int width, const AreaTable& table, bool whole,
                        uint8_t* scratch, uint8_t* const* out);
void area_first_rows(const uint8_t* const* rows, const float* weights, int taps, bool whole, int count, uint8_t* out);
void area_second_columns(const uint8_t* in, int pixel, const AreaTable& table, const AreaRounding& rounding,
                         uint8_t* out);
void area_second_rows(const uint8_t* const* rows, const float* weights, int taps, const AreaRounding& rounding,
                      int count, uint8_t* out);

// Pillow's passes, each from bytes to bytes: coefficients in halves, as PilTable has them (those of a row padded to a
// pair). pil_columns takes 1 or 2 rows; `out` may be written up to kReadAhead bytes past the last pixel.
void pil_columns(const uint8_t* const* in, int rows, int pixel, const PilTable& table, uint8_t* const* out);
void pil_rows(const uint8_t* const* rows, const int16_t* low, const int16_t* high, int taps, int count, uint8_t* out);

// Instruction sets compiled in and usable here, as a mask; and leaving some out, for tests.
int64_t instruction_sets();
void disable_instruction_sets(int64_t mask);

}  // namespace fastseq::kernels
