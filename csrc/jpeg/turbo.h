// Rows of a JPEG from libjpeg-turbo, through its libjpeg API.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "base/status.h"
#include "jpeg/header.h"
#include "jpeg/request.h"
#include "rows/row_source.h"

namespace fastseq {

// Rows per pull of pixels; raw planes are pulled by rows of MCUs.
constexpr int kPixelRowsPerPull = 8;

// Opens data[0, size), which must outlive the source, like `reason`, `decodes` and `scanline`, its scratch memory. On
// failure *source is null and *reason holds libjpeg's message. finish() returns kOk, kRecovered, or what is wrong;
// *decodes is then set if the image was decoded all the same, so that another Strictness accepts it.
Status open_turbo(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                  std::string* reason, bool* decodes, Buffer* scanline, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
