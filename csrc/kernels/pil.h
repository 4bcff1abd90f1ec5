// Pillow's two passes, each from bytes to bytes, bit for bit. Input rows must be readable kReadAhead bytes past their
// end.
#pragma once
#include <cstdint>

#include "filters/pil_table.h"
#include "kernels/read_ahead.h"

namespace fastseq::kernels {

// Filters 1 or 2 rows of pixels of 1 or 4 bytes, and writes up to kReadAhead bytes past the last pixel.
void pil_horizontal(const uint8_t* const* in, int rows, int pixel_size, const PilTable& table, uint8_t* const* out);
// `low` and `high` are the halves of the coefficients, padded with a zero to an even number.
void pil_vertical(const uint8_t* const* rows, const int16_t* low, const int16_t* high, int taps, int count,
                  uint8_t* out);

}  // namespace fastseq::kernels
