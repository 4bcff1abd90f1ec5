// JPEG rows by our own decoder, for progressive files: 8 bits, Huffman-coded, gray or YCbCr.
#pragma once
#include <cstddef>
#include <memory>

#include "jpeg/header.h"
#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// Reads all scans of the image in data[0, size), and gives the planes that libjpeg gives, bit for
// bit, of the request's window and a margin. *source is null where the file, which may be damaged, is one for libjpeg.
// Takes a sixteenth more memory than libjpeg, or, where the DCT's reduction leaves nothing of AC coefficients, a
// twelfth of it.
void open_progressive(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                      JpegScratch* scratch, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
