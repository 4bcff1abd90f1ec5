// JPEG rows by our own decoder, for the usual files: sequential, 8 bits, Huffman-coded, one scan, gray or YCbCr.
#pragma once
#include <cstddef>
#include <memory>

#include "jpeg/header.h"
#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// Opens the planes of the image in data[0, size), which must outlive the source: what libjpeg gives,
// bit for bit, of the request's window and a margin. *source is null where the file or the request is one for libjpeg.
// A damaged file is for libjpeg too: pull() and finish() then give kCorrupt, whatever the strictness;
// kCancelled once the request is cancelled.
void open_baseline(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                   JpegScratch* scratch, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
