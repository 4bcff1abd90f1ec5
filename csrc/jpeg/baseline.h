// Our own decoder for most files: sequential, 8 bits, Huffman-coded, gray or YCbCr, at most one scan per component.
#pragma once
#include <cstddef>
#include <memory>

#include "jpeg/header.h"
#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// Opens data[0, size), which must outlive the source. The source gives planes bit-identical to libjpeg's, for the
// request's window and a margin. *source stays null where the file or the request must be left to libjpeg. Damage is
// left to libjpeg too: pull() and finish() then return kCorrupt, whatever is wrong; kCancelled once the request is
// cancelled.
void open_baseline(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                   JpegScratch* scratch, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
