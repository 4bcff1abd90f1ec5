// TIFF's LZW. libtiff returns whatever it could decode of damaged data as pixels, so the data are checked first.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// How many bytes, up to `wanted`, a strip or tile decodes to before the first invalid code or the end of its data.
// Data of the old style (least significant bit first), which nobody has written since 1988, count as sound.
size_t tiff_lzw_bytes(const uint8_t* data, size_t size, size_t wanted);

}  // namespace fastseq
