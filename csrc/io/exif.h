// The orientation tag of EXIF data.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// The orientation (1-8) that a TIFF structure holds, as a JPEG's APP1 and a PNG's eXIf have it: TIFF 6.0; EXIF 2.3,
// 4.6.4. 1 if it is missing or malformed.
int exif_orientation(const uint8_t* tiff, size_t size);

}  // namespace fastseq
