// JPEG rows by libjpeg-turbo's libjpeg API.
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

// Pixels come so many rows at a time; raw planes by the MCU row.
constexpr int kPixelRowsPerPull = 8;

// Opens the image in data[0, size), which must outlive the source. On failure *source is null and *reason
// holds libjpeg's words. finish() gives kOk, kRecovered, or what is wrong. `scanline` is scratch memory of
// the source's own.
Status open_turbo(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                  std::string* reason, Buffer* scanline, std::unique_ptr<RowSource>* source);

}  // namespace fastseq
