#include "engine/buffer_pool.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/platform.h"

namespace fastseq {

Lease::Lease(std::shared_ptr<BufferPool> pool, uint8_t* data, size_t size)
    : pool_(std::move(pool)), data_(data), size_(size) {}

Lease::~Lease() { pool_->take_back(data_, size_); }

BufferPool::~BufferPool() {
  for (const auto& buffer : free_buffers_) platform::free_aligned(buffer.first);
}

std::unique_ptr<Lease> BufferPool::allocate(size_t size) {
  uint8_t* data = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = free_buffers_.size(); i-- > 0;) {
      if (free_buffers_[i].second != size) continue;
      data = free_buffers_[i].first;
      free_buffers_.erase(free_buffers_.begin() + static_cast<ptrdiff_t>(i));
      free_ -= size;
      break;
    }
    // On a miss, the free ones are of sizes that are no longer asked for.
    if (!data) shrink_free(size < max_free() ? max_free() - size : 0);
    free_buffers_.reserve(free_buffers_.size() + ++in_use_count_);  // taking back must not allocate
    in_use_ += size;
  }
  if (!data) data = allocate_fresh(size);
  if (!data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    in_use_ -= size;
    --in_use_count_;
    throw std::bad_alloc();
  }
  return std::make_unique<Lease>(shared_from_this(), data, size);
}

void BufferPool::take_back(uint8_t* data, size_t size) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    in_use_ -= size;
    --in_use_count_;
    if (max_free() > 0 && free_buffers_.size() < free_buffers_.capacity()) {
      shrink_free(max_free() - 1);
      free_ += size;
      free_buffers_.emplace_back(data, size);
      return;
    }
  }
  platform::free_aligned(data);
}

uint8_t* BufferPool::allocate_fresh(size_t size) const {
  const bool has_huge_pages = large_ && size >= platform::kHugePage;
  const size_t alignment = has_huge_pages ? platform::kHugePage : 64;
  const size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* const data = platform::allocate_aligned(alignment, rounded > 0 ? rounded : alignment);
  // Not in the part of the last one, which would take all of its memory.
  if (data && has_huge_pages) platform::prefer_huge_pages(data, size / alignment * alignment);
  return static_cast<uint8_t*>(data);
}

size_t BufferPool::max_free() const { return large_ ? std::max(max_free_, in_use_) : max_free_; }

void BufferPool::shrink_free(size_t target) {
  auto oldest = free_buffers_.begin();
  for (; oldest != free_buffers_.end() && free_ > target; ++oldest) {
    platform::free_aligned(oldest->first);
    free_ -= oldest->second;
  }
  free_buffers_.erase(free_buffers_.begin(), oldest);
}

size_t BufferPool::bytes_in_use() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_use_;
}

size_t BufferPool::held_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_use_ + free_;
}

}  // namespace fastseq
