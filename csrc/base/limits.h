// What one sample may cost.
#pragma once
#include <cstdint>

namespace fastseq {

// Checked on the header, before any memory is allocated.
struct Limits {
  int64_t pixels = 178'956'970;         // width x height
  int64_t scans = 500;                  // scans of one JPEG
  int64_t scan_pixels = 2'000'000'000;  // scans x pixels of a JPEG with several scans
  int64_t file_bytes = 512LL << 20;
  int64_t memory_bytes = 1LL << 30;  // working memory of one thread
};

// Thrown where an image would need more than Limits::memory_bytes.
struct TooMuchMemory {};

}  // namespace fastseq
