#include "cache/pixels_in_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/platform.h"

namespace fastseq {

// Its picture follows.
struct alignas(64) PixelsInMemory::Record {
  int height, width, channels;
};

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kChunkBytes = kMaxPictureBytes + (1 << 16);  // no record is larger; the system counts what is written

constexpr size_t kMaxBytes = size_t{1} << 46;  // 64 TB

constexpr size_t rounded_up(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

// At least half of each chunk but the last is used.
size_t chunks_for(size_t max_bytes) { return max_bytes / (kChunkBytes / 2) + 2; }

}  // namespace

PixelsInMemory::PixelsInMemory(size_t cells, size_t max_bytes)
    : cell_count_(cells),
      max_bytes_(std::min(max_bytes, kMaxBytes)),
      chunk_count_(chunks_for(max_bytes_)),
      cells_(static_cast<std::atomic<const Record*>*>(std::calloc(std::max<size_t>(cells, 1), sizeof(cells_[0])))),
      chunks_(new std::atomic<uint8_t*>[chunk_count_]()) {
  if (!cells_) throw std::bad_alloc();
}

PixelsInMemory::~PixelsInMemory() {
  for (size_t i = 0; i < chunk_count_; ++i) platform::free_aligned(chunks_[i].load());
}

bool PixelsInMemory::find(size_t cell, const std::string&, Buffer*, PixelImage* picture, FileVersion*) {
  if (cell >= cell_count_) return false;
  const Record* record = cells_[cell].load(std::memory_order_acquire);
  if (!record) return false;
  *picture = {reinterpret_cast<const uint8_t*>(record + 1), record->height, record->width, record->channels,
              static_cast<ptrdiff_t>(record->width) * record->channels};
  return true;
}

void PixelsInMemory::put(size_t cell, const FileVersion&, const PixelImage& picture) noexcept {
  if (cell >= cell_count_ || cells_[cell].load(std::memory_order_relaxed)) return;
  const size_t size = picture_bytes(picture);
  if (size > kMaxPictureBytes) return;
  uint8_t* memory = allocate(rounded_up(sizeof(Record) + size));
  if (!memory) return;
  const auto* record = new (memory) Record{picture.height, picture.width, picture.channels};
  std::memcpy(memory + sizeof(Record), picture.data, size);
  // If another thread was faster, this copy's room is lost, which is rare: an image is seldom in two batches at once.
  const Record* absent = nullptr;
  cells_[cell].compare_exchange_strong(absent, record, std::memory_order_release);
}

uint8_t* PixelsInMemory::allocate(size_t size) noexcept {
  if (bytes_.fetch_add(size) + size > max_bytes_) {
    bytes_.fetch_sub(size);
    return nullptr;
  }
  size_t next = next_.load(), begin;
  do {
    begin = next;
    if (begin / kChunkBytes != (begin + size - 1) / kChunkBytes) begin = (begin / kChunkBytes + 1) * kChunkBytes;
    if (begin / kChunkBytes >= chunk_count_) {
      bytes_.fetch_sub(size);
      return nullptr;
    }
  } while (!next_.compare_exchange_weak(next, begin + size));
  uint8_t* memory = chunk(begin / kChunkBytes);
  return memory ? memory + begin % kChunkBytes : nullptr;
}

uint8_t* PixelsInMemory::chunk(size_t i) noexcept {
  uint8_t* found = chunks_[i].load(std::memory_order_acquire);
  if (found) return found;
  auto* made = static_cast<uint8_t*>(platform::allocate_aligned(kAlignment, kChunkBytes));
  if (!made || chunks_[i].compare_exchange_strong(found, made, std::memory_order_acq_rel)) return made;
  platform::free_aligned(made);
  return found;
}

}  // namespace fastseq
