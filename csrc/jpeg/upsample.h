// libjpeg's upsampling and color conversion (jdsample.c, jdcolor.c), bit for bit. Rows must be readable kUpsampleSlack
// bytes past their end, and writable for as many samples or pixels past theirs.
#pragma once
#include <cstdint>

namespace fastseq {

constexpr int kUpsampleSlack = 64;

// Triangle filters: 3/4 of the nearer sample and 1/4 of the farther one. At the image's edges, the samples at -1 and at
// `count` must equal their neighbors.
void upsample_h2(const uint8_t* in, int count, uint8_t* out);
void upsample_h2v2(const uint8_t* near, const uint8_t* far, int count, uint8_t* out);
// `lower`: whether the output row is the lower of the two that `near` is nearer to.
void upsample_v2(const uint8_t* near, const uint8_t* far, bool lower, int count, uint8_t* out);
// Repeats each sample `times` times.
void upsample_repeat(const uint8_t* in, int times, int count, uint8_t* out);

// Converts to 4-byte pixels: r, g, b (b, g, r if `bgr`) and 255.
void ycc_to_packed4(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int count, bool bgr, uint8_t* out);

}  // namespace fastseq
