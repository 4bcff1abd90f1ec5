// Memory that one thread keeps between samples, so that nothing is allocated once it is warm.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "filters/triangle_table_cache.h"

namespace fastseq {

struct FreeDeleter {
  void operator()(void* pointer) const { std::free(pointer); }
};

// A 64-byte aligned block that only grows. `reserve` loses the contents; throws std::bad_alloc.
class Buffer {
 public:
  uint8_t* reserve(size_t size) {
    if (size > capacity_) {
      data_.reset();
      capacity_ = 0;
      const size_t rounded = (size + size / 4 + 63) / 64 * 64;
      data_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, rounded)));
      if (!data_) throw std::bad_alloc();
      capacity_ = rounded;
    }
    return data_.get();
  }
  template <class T>
  T* reserve_as(size_t count) {
    return reinterpret_cast<T*>(reserve(count * sizeof(T)));
  }
  uint8_t* data() { return data_.get(); }
  size_t capacity() const { return capacity_; }
  void release() {
    data_.reset();
    capacity_ = 0;
  }

 private:
  std::unique_ptr<uint8_t, FreeDeleter> data_;
  size_t capacity_ = 0;
};

// The rows that have to be kept would take more than Workspace::limit.
struct TooMuchMemory {};

struct Workspace {
  size_t limit = SIZE_MAX;  // bytes of rows; set for each sample
  std::string path;
  Buffer file;
  Buffer rings[3];      // rows of each plane as they stream
  Buffer entropy;       // entropy-coded bytes between two markers
  Buffer huffman;       // a picture's look-up tables
  Buffer coefficients;  // of the blocks that are decoded together, or of a progressive picture
  Buffer planes[3];     // rows of each plane on their way into pixels
  Buffer upsampled;     // one row of chroma, twice
  Buffer scanline;      // one row as libjpeg gives it
  Buffer packed;        // interleaved rows on their way into planes
  Buffer columns[4];    // one row between the two passes, and the finished planes
  Buffer tile;          // rows that wait to be turned
  Buffer picture;       // a resampled picture that is yet to be augmented
  FilterTableCache filters;
  std::string reason;  // libjpeg's words for the last failure

  // Gives back what one huge image made grow.
  void trim(size_t keep) {
    for (Buffer* buffer :
         {&file, &entropy, &coefficients, &planes[0], &planes[1], &planes[2], &rings[0], &rings[1], &rings[2],
          &scanline, &packed, &columns[0], &columns[1], &columns[2], &columns[3], &tile, &picture}) {
      if (buffer->capacity() > keep) buffer->release();
    }
    filters.trim(keep);
  }
};

}  // namespace fastseq
