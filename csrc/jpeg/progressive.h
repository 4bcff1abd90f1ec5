// Our own decoder for progressive files: 8 bits, Huffman-coded, gray or YCbCr.
#pragma once
#include <cstddef>
#include <memory>

#include "jpeg/header.h"
#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// Decodes all scans of data[0, size). The source then gives planes bit-identical to libjpeg's, for the request's window
// and a margin. *source stays null where the file must be left to libjpeg, as when it is damaged, or when the request
// was cancelled. Needs a sixteenth more memory than libjpeg, or a twelfth of it where the DCT's reduction needs no AC
// coefficients.
void open_progressive(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                      JpegScratch* scratch, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
