// cv2.INTER_AREA, bit for bit. Input rows must be readable kReadAhead bytes past their end. Outputs are written as far
// past theirs, except by cv2_area_finish_vertical.
#pragma once
#include <cstddef>
#include <cstdint>

#include "filters/cv2_area_table.h"
#include "kernels/read_ahead.h"

namespace fastseq::kernels {

// The first pass gives 4-byte sums: floats, or integers if `integer`. The second pass gives bytes. Weights and rows
// come in the order of addition. cv2_area_sum_horizontal takes 1 or 2 rows of `width` pixels of 1 or 4 bytes, and
// cv2_area_scratch_bytes(width) bytes of scratch memory.
constexpr size_t cv2_area_scratch_bytes(int width) { return (static_cast<size_t>(width) + 3) * 2 * 4 * sizeof(float); }
void cv2_area_sum_horizontal(const uint8_t* const* in, int rows, int pixel_size, int width, const Cv2AreaTable& table,
                             bool integer, uint8_t* scratch, uint8_t* const* out);
void cv2_area_sum_vertical(const uint8_t* const* rows, const float* weights, int taps, bool integer, int count,
                           uint8_t* out);
void cv2_area_finish_horizontal(const uint8_t* in, int pixel_size, const Cv2AreaTable& table,
                                const Cv2AreaRounding& rounding, uint8_t* out);
void cv2_area_finish_vertical(const uint8_t* const* rows, const float* weights, int taps,
                              const Cv2AreaRounding& rounding, int count, uint8_t* out);

}  // namespace fastseq::kernels
