// Finds where the rows of a JPEG begin.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/scratch.h"

namespace fastseq {

// Appends the crop index of an image file to `entries`; see CropIndex. Appends nothing where there is none: only JPEGs
// that our own decoder takes, of one sequential scan that is whole and the last thing in the image, have one. Throws
// std::bad_alloc.
void add_crop_index(const uint8_t* data, size_t size, JpegScratch* scratch, std::vector<uint8_t>* entries);

}  // namespace fastseq
