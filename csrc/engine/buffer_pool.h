// Batch buffers: 64-byte aligned, and recycled once their last user lets go.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace fastseq {

class BufferPool;

// Owns one buffer until it is destroyed, on any thread, also after the pool.
class Lease {
 public:
  Lease(std::shared_ptr<BufferPool> pool, uint8_t* data, size_t size);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::shared_ptr<BufferPool> pool_;
  uint8_t* data_;
  size_t size_;
};

class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  // Keeps free buffers for reuse up to `max_free_bytes`, and beyond it by less than one buffer: a loop over batches
  // that are larger than the bound would otherwise fault in fresh memory for each. Keeps none if it is 0. `large` is
  // for buffers of megabytes that are all replaced at about the same time: the bound is what is in use, where that is
  // more, and huge pages are asked for.
  explicit BufferPool(size_t max_free_bytes, bool large = false) : max_free_(max_free_bytes), large_(large) {}
  ~BufferPool();

  // A buffer of `size` bytes; what was written to it before may still be there. Throws std::bad_alloc.
  std::unique_ptr<Lease> allocate(size_t size);
  size_t bytes_in_use() const;
  size_t held_bytes() const;  // in use or free

 private:
  friend class Lease;
  void take_back(uint8_t* data, size_t size);
  uint8_t* allocate_fresh(size_t size) const;  // nullptr if there is no memory
  size_t max_free() const;                     // at this moment; under the mutex
  void shrink_free(size_t target);  // frees the oldest until at most `target` bytes are free; under the mutex

  const size_t max_free_;
  const bool large_;
  mutable std::mutex mutex_;
  size_t in_use_ = 0, free_ = 0;  // bytes
  size_t in_use_count_ = 0;
  std::vector<std::pair<uint8_t*, size_t>> free_buffers_;
};

}  // namespace fastseq
