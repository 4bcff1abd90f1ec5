// Scratch memory that is reused from image to image.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/platform.h"

namespace fastseq {

// A 64-byte aligned block that only grows.
class Buffer {
 public:
  // At least `size` bytes, valid until the next reserve(), which may lose the contents. Throws std::bad_alloc.
  uint8_t* reserve(size_t size) {
    if (size > capacity_) {
      release();
      const size_t rounded = (size + size / 4 + 63) / 64 * 64;
      data_.reset(static_cast<uint8_t*>(platform::allocate_aligned(64, rounded)));
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
  void release() {
    data_.reset();
    capacity_ = 0;
  }
  // Frees the block if it is larger than `max_bytes`.
  void trim(size_t max_bytes) {
    if (capacity_ > max_bytes) release();
  }

 private:
  struct Free {
    void operator()(void* pointer) const { platform::free_aligned(pointer); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t capacity_ = 0;
};

}  // namespace fastseq
