// What a JPEG says of itself, read without libjpeg and before any memory is taken.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "base/status.h"

namespace fastseq {

struct JpegHeader {
  int width = 0;  // as stored, before orientation
  int height = 0;
  int components = 0;
  int sampling_h[4] = {1, 1, 1, 1};
  int sampling_v[4] = {1, 1, 1, 1};
  bool progressive = false;
  int orientation = 1;  // EXIF tag 0x0112; 1 where absent or broken
  int64_t scans = 0;    // SOS markers
  int first_scan_components = 0;
  bool ends = false;  // an EOI marker follows the scans

  bool single_scan() const { return !progressive && first_scan_components == components; }
};

// Walks all markers to the end of the image. kOk also where the frame is of a kind that libjpeg will refuse;
// kCorrupt where no frame header is found.
Status read_jpeg_header(const uint8_t* data, size_t size, JpegHeader* header);

// Where the next marker is, at or after `at`, past entropy-coded data and their restart markers; size where none is.
size_t next_jpeg_marker(const uint8_t* data, size_t size, size_t at);

// Limits that a header alone can break.
Status check_jpeg_limits(const JpegHeader& header, const Limits& limits);

}  // namespace fastseq
