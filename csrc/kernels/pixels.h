// Interleaved pixels to planes, and to pixels of another size. Input rows must be readable kReadAhead bytes past their
// end, except for split3 and widen3to4; split4 writes whole vectors, up to kReadAhead bytes past `count`, the others
// nothing past it.
#pragma once
#include <cstdint>

#include "kernels/read_ahead.h"

namespace fastseq::kernels {

// `swap` exchanges the first and third channel.
void split4(const uint8_t* in, int count, uint8_t* a, uint8_t* b, uint8_t* c);
void split3(const uint8_t* in, int count, bool swap, uint8_t* a, uint8_t* b, uint8_t* c);
void widen3to4(const uint8_t* in, int count, bool swap, uint8_t* out);
void reorder4(const uint8_t* in, int count, bool swap, uint8_t* out);
void narrow4to3(const uint8_t* in, int count, uint8_t* out);
void repeat_gray(const uint8_t* gray, int count, uint8_t* out);  // one channel to three

}  // namespace fastseq::kernels
