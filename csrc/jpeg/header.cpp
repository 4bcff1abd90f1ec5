#include "jpeg/header.h"

#include <algorithm>
#include <cstring>

#include "io/exif.h"
#include "jpeg/crop_index.h"
#include "jpeg/marker_search.h"

namespace fastseq {
namespace {

int read16(const uint8_t* p) { return p[0] << 8 | p[1]; }

bool is_frame(int marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

Status read_frame(const uint8_t* body, size_t length, int marker, JpegHeader* header) {
  if (length < 6) return Status::kCorrupt;
  header->height = read16(body + 1);
  header->width = read16(body + 3);
  header->components = body[5];
  header->progressive = marker == 0xC2 || marker == 0xCA;
  if (length < 6 + 3u * header->components) return Status::kCorrupt;
  for (int i = 0; i < std::min(header->components, 4); ++i) {
    header->sampling_h[i] = body[6 + 3 * i + 1] >> 4;
    header->sampling_v[i] = body[6 + 3 * i + 1] & 15;
  }
  return Status::kOk;
}

}  // namespace

size_t next_jpeg_marker(const uint8_t* data, size_t size, size_t at) {
  while ((at = find_marker(data, size, at)) < size) {
    const uint8_t code = data[at + 1];
    if (code == 0xFF) {
      ++at;
    } else if (code >= 0xD0 && code <= 0xD7) {
      at += 2;
    } else {
      return at;
    }
  }
  return size;
}

Status read_jpeg_header(const uint8_t* data, size_t size, JpegHeader* header, const CropIndex* index) {
  *header = JpegHeader();
  bool have_exif = false;
  size_t at = 2;
  while ((at = next_jpeg_marker(data, size, at)) < size) {
    const int marker = data[at + 1];
    at += 2;
    if (marker == 0xD9) {
      header->ends = true;
      break;
    }
    if (marker == 0xD8 || marker == 0x01) continue;
    if (at + 2 > size) break;
    const size_t length = static_cast<size_t>(read16(data + at));
    if (at + length > size) break;
    if (length < 2) continue;  // libjpeg continues after such a length too
    const uint8_t* body = data + at + 2;
    const size_t body_size = length - 2;
    if (is_frame(marker) && header->components == 0) {
      const Status status = read_frame(body, body_size, marker, header);
      if (status != Status::kOk) return status;
    } else if (marker == 0xE1 && !have_exif && body_size > 6 && std::memcmp(body, "Exif\0", 5) == 0) {
      have_exif = true;
      header->orientation = exif_orientation(body + 6, body_size - 6);
    } else if (marker == 0xDA) {
      if (header->scans++ == 0 && body_size > 0) header->first_scan_components = body[0];
    }
    at += length;
    if (index && marker == 0xDA && at == index->begin()) at = index->end();
  }
  return header->components > 0 ? Status::kOk : header->ends ? Status::kCorrupt : Status::kTruncated;
}

Status check_jpeg_limits(const JpegHeader& header, const Limits& limits) {
  const int64_t pixels = static_cast<int64_t>(header.width) * header.height;
  if (pixels > limits.pixels) return Status::kTooManyPixels;
  if (header.single_scan()) return Status::kOk;
  if (header.scans > limits.scans) return Status::kTooManyScans;
  if (header.scans * pixels > limits.scan_pixels) return Status::kTooMuchScanWork;
  // libjpeg keeps all coefficients of an image with several scans: two bytes each, in whole blocks.
  int max_h = 1, max_v = 1;
  for (int i = 0; i < std::min(header.components, 4); ++i) {
    max_h = std::max(max_h, header.sampling_h[i]);
    max_v = std::max(max_v, header.sampling_v[i]);
  }
  int64_t coefficient_bytes = 0;
  for (int i = 0; i < std::min(header.components, 4); ++i) {
    const int64_t mcus_across = (header.width + 8 * max_h - 1) / (8 * max_h);
    const int64_t mcus_down = (header.height + 8 * max_v - 1) / (8 * max_v);
    coefficient_bytes += mcus_across * mcus_down * header.sampling_h[i] * header.sampling_v[i] * 128;
  }
  return coefficient_bytes > limits.memory_bytes ? Status::kTooMuchMemory : Status::kOk;
}

}  // namespace fastseq
