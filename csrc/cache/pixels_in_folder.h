// A pixel cache in two files, for all processes of a host.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "cache/pixel_cache.h"

namespace fastseq {

// One file has the pictures, one after the other; another a record for each cell, which says where its picture is, and
// the CRC-32C of picture and record. A record is written after its picture, so that a process may be killed at any
// time: what is not whole counts as absent. A third file has the number of bytes that are taken in the folder.
class PixelsInFolder final : public PixelCache {
 public:
  struct Paths {
    std::string pictures, records, taken;
  };

  // `max_bytes`: in the folder, that is of all caches in it.
  PixelsInFolder(const Paths& paths, size_t cells, int channels, int64_t max_bytes);
  PixelsInFolder(const PixelsInFolder&) = delete;
  PixelsInFolder& operator=(const PixelsInFolder&) = delete;
  ~PixelsInFolder() override;

  bool find(size_t cell, const std::string& path, Buffer* scratch, PixelImage* picture, FileVersion* version) override;
  void put(size_t cell, const FileVersion& version, const PixelImage& picture) noexcept override;

  // Why nothing is stored any more, as an errno; 0 if that is not so.
  int failure() const { return failure_.load(); }

 private:
  struct Record;

  bool read_record(size_t cell, Record* record) const;
  // Whether the file is the one that the picture was made of. Looked up once for each cell.
  bool is_current(size_t cell, const std::string& path, const Record& record);
  // Where a picture may be written; -1 if nowhere.
  int64_t reserve(size_t size);
  bool write(int descriptor, const void* data, size_t size, int64_t offset);

  enum class Known : uint8_t { kNothing, kCurrent, kDamaged };

  const size_t cell_count_;
  const int channels_;
  const int64_t max_bytes_;
  const int pictures_, records_, taken_;               // descriptors
  const std::unique_ptr<std::atomic<Known>[]> known_;  // of each cell
  std::atomic<int> failure_{0};
  std::mutex mutex_;  // held while room is reserved
};

}  // namespace fastseq
