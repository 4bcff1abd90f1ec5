// cv2.INTER_AREA, bit for bit. Input rows must be readable kReadAhead bytes past their end; outputs are written as far
// past theirs, except by area_second_rows.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/cv2_area_table.h"
#include "kernels/read_ahead.h"

namespace fastseq::kernels {

// The first pass gives sums of 4 bytes: floats, or integers where `whole`; the second one bytes. Weights and rows come
// in the order in which they are added. area_first_columns takes 1 or 2 rows of `width` pixels of 1 or 4 bytes, and
// `scratch` of area_scratch_bytes(width).
constexpr size_t area_scratch_bytes(int width) { return (static_cast<size_t>(width) + 3) * 2 * 4 * sizeof(float); }
void area_first_columns(const uint8_t* const* in, int rows, int pixel, int width, const AreaTable& table, bool whole,
                        uint8_t* scratch, uint8_t* const* out);
void area_first_rows(const uint8_t* const* rows, const float* weights, int taps, bool whole, int count, uint8_t* out);
void area_second_columns(const uint8_t* in, int pixel, const AreaTable& table, const AreaRounding& rounding,
                         uint8_t* out);
void area_second_rows(const uint8_t* const* rows, const float* weights, int taps, const AreaRounding& rounding,
                      int count, uint8_t* out);

}  // namespace fastseq::kernels
