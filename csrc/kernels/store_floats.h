// Finished rows into items of a slot. `out` is as aligned as its items are. `stream`: floats and doubles bypass the
// cache, until hwy::FlushStream().
#pragma once
#include <cstdint>

#include "kernels/item_scaling.h"

namespace fastseq::kernels {

// Values to bytes, rounded and clamped, or to 2, 4 or 8-byte floats: offset + scale * value, computed in double for 8
// bytes an item, else in float. The first value is of the first channel.
void store_values(const float* values, int count, int item_bytes, const ItemScaling& scaling, bool stream,
                  uint8_t* out);
// Values within the range of 32-bit integers to 2-byte integers, rounded and clamped.
void store_uint16(const float* values, int count, uint16_t* out);
// Bytes in place of values, to items of 4 or 8 bytes.
void store_bytes(const uint8_t* bytes, int count, int item_bytes, const ItemScaling& scaling, bool stream,
                 uint8_t* out);
// Interleaved pixels of three values to planes.
void split_values(const float* pixels, int count, float* a, float* b, float* c);

}  // namespace fastseq::kernels
