// The inner loops of the affine map, for one output row. All instruction sets give the same bits. Up to 16 values may
// be written past the end of an output, and one pixel past the end of blended pixels.
#pragma once
#include <cstdint>

#include "geometry/affine_map.h"

namespace fastseq::kernels {

// The coordinates of output row y's pixels, with scipy's order of operations.
void affine_coordinates(const AffineMap& map, int y, double* rows, double* columns);
// The index of the first of the four pixels around each coordinate, and the distance from it. Coordinates outside the
// image are clamped to its border; -1 gives index -1.
void affine_taps(const AffineMap& map, const double* rows, const double* columns, int32_t* first, float* down,
                 float* across);
// Interpolates between the four pixels, or takes the fill value where the index is -1. Four values per pixel.
void blend_bytes(const AffineMap& map, const uint8_t* image, int channels, const int32_t* first, const float* down,
                 const float* across, float* out);
void blend_floats(const AffineMap& map, const float* image, const int32_t* first, const float* down,
                  const float* across, float* out);

}  // namespace fastseq::kernels
