// Open files, for ranges: a shard is opened once, not once for each of its images.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"
#include "io/file.h"

namespace fastseq {

// Safe to use from several threads. They wait for no file system under a lock, unless the process is out of
// descriptors.
class FileCache {
 public:
  // Keeps up to `capacity` files open, those that were used last.
  explicit FileCache(size_t capacity) : capacity_(capacity) {}

  // The open file at `path`. With `check`, one that was replaced or changed since it was opened is opened again.
  // Results as of open_file(). Throws std::bad_alloc.
  Status open(const std::string& path, bool check, std::shared_ptr<const OpenFile>* file, std::string* reason);

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<const OpenFile> file;
  };

  std::shared_ptr<const OpenFile> find(const std::string& path);
  // Closes the files that nobody reads, unless another thread has done so after the clear() number *seen. False where
  // there was nothing to close. Sets *seen to the number of the last clear().
  bool clear(uint64_t* seen);
  void put(const std::string& path, const std::shared_ptr<const OpenFile>& file);

  const size_t capacity_;
  std::mutex clear_mutex_;  // held while files are closed; taken before the other
  std::atomic<uint64_t> clears_{0};
  std::mutex mutex_;          // guards the rest
  std::list<Entry> entries_;  // those used last come first
};

}  // namespace fastseq
