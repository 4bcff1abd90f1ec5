// The properties of a JPEG, read from its markers before anything is decoded or allocated.
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
  int orientation = 1;  // EXIF tag 0x0112; 1 if missing or invalid
  int64_t scans = 0;    // SOS markers
  int first_scan_components = 0;
  bool ends = false;  // whether an EOI marker follows the scans

  bool single_scan() const { return !progressive && first_scan_components == components; }
};

class CropIndex;

// Reads all markers up to the end of the image; with an index that fits the file, or null, entropy-coded bytes are not
// searched for them. Returns kOk also for frames that libjpeg will reject; kCorrupt or
// kTruncated if there is no frame header.
Status read_jpeg_header(const uint8_t* data, size_t size, JpegHeader* header, const CropIndex* index = nullptr);

// Returns the offset of the next marker at or after `at`, past entropy-coded data and restart markers; `size` if none.
size_t next_jpeg_marker(const uint8_t* data, size_t size, size_t at);

// Checks the limits that depend on the header alone.
Status check_jpeg_limits(const JpegHeader& header, const Limits& limits);

}  // namespace fastseq
