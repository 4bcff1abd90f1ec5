// A pixel cache in the memory of the process.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "cache/pixel_cache.h"

namespace fastseq {

// Takes no lock: a forked child has what its parent had kept, and keeps more for itself alone.
class PixelsInMemory final : public PixelCache {
 public:
  // Throws std::bad_alloc.
  PixelsInMemory(size_t cells, size_t max_bytes);
  PixelsInMemory(const PixelsInMemory&) = delete;
  PixelsInMemory& operator=(const PixelsInMemory&) = delete;
  ~PixelsInMemory() override;

  bool find(size_t cell, const std::string& path, Buffer* scratch, PixelImage* picture, FileVersion* version) override;
  void put(size_t cell, const FileVersion& version, const PixelImage& picture) noexcept override;

  // Of what is kept.
  size_t bytes() const { return bytes_.load(); }

 private:
  struct Record;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  // Room for a record; nullptr if there is none.
  uint8_t* allocate(size_t size) noexcept;
  uint8_t* chunk(size_t i) noexcept;

  const size_t cell_count_, max_bytes_, chunk_count_;
  const std::unique_ptr<std::atomic<const Record*>[], Free> cells_;  // where nothing is kept, it takes no memory
  const std::unique_ptr<std::atomic<uint8_t*>[]> chunks_;
  std::atomic<size_t> next_{0};   // where the next record goes, counted through all chunks
  std::atomic<size_t> bytes_{0};  // of the records
};

}  // namespace fastseq
