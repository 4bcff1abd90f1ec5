#include "io/file_cache.h"

#include <algorithm>

namespace fastseq {
namespace {

constexpr int kMaxRetries = 4;

}  // namespace

Status FileCache::open(const std::string& path, bool check, std::shared_ptr<const OpenFile>* file,
                       std::string* reason) {
  *file = find(path);
  if (*file && (!check || (*file)->is_current(path))) return Status::kOk;
  uint64_t clears = clears_.load();
  Status status = open_file(path, file, reason);
  // The process may be out of descriptors because this cache holds them. Other threads may take those it gives up.
  for (int retries = kMaxRetries; status == Status::kReadError && retries > 0 && clear(&clears); --retries) {
    status = open_file(path, file, reason);
  }
  if (status == Status::kOk) put(path, *file);
  return status;
}

std::shared_ptr<const OpenFile> FileCache::find(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.path == path; });
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found);
  return found->file;
}

bool FileCache::clear(uint64_t* seen) {
  const std::lock_guard<std::mutex> clearing(clear_mutex_);
  bool closed = clears_.load() != *seen;
  if (!closed) {
    std::list<Entry> removed;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      removed.swap(entries_);
    }
    closed = !removed.empty();
    removed.clear();
    ++clears_;
  }
  *seen = clears_.load();
  return closed;
}

void FileCache::put(const std::string& path, const std::shared_ptr<const OpenFile>& file) {
  std::list<Entry> added, removed;  // closed without the lock
  added.push_back({path, file});
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.path == path; });
  if (found != entries_.end()) removed.splice(removed.end(), entries_, found);
  entries_.splice(entries_.begin(), added);
  while (entries_.size() > capacity_) removed.splice(removed.end(), entries_, std::prev(entries_.end()));
}

}  // namespace fastseq
