// The inner loops of the affine map, for one row of the output. All instruction sets give the same bits. Outputs may be
// written 16 values past their end, and pixels one of four values.
#pragma once
#include <cstdint>

#include "geometry/affine_map.h"

namespace fastseq::kernels {

// Where the pixels of output row y lie, in scipy's order of operations.
void affine_coordinates(const AffineMap& map, int y, double* rows, double* columns);
// The first of the four pixels about each place, and how far the place is from it. A place outside the image counts
// as on its border; at -1, it has no pixel.
void affine_taps(const AffineMap& map, const double* rows, const double* columns, int32_t* first, float* down,
                 float* across);
// The blends of the four pixels, or the fill value where there are none; four values a pixel.
void blend_bytes(const AffineMap& map, const uint8_t* image, int channels, const int32_t* first, const float* down,
                 const float* across, float* out);
void blend_floats(const AffineMap& map, const float* image, const int32_t* first, const float* down,
                  const float* across, float* out);

}  // namespace fastseq::kernels
