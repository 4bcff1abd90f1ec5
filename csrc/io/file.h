// Reads regular files: without mmap, as others may change them, and without blocking on pipes and devices.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "base/platform.h"
#include "base/status.h"

namespace fastseq {

// What tells a file from itself before and after a change.
struct FileVersion {
  int64_t size = -1;        // bytes; -1 if no version is known
  int64_t modified_ns = 0;  // since the epoch
};

// A regular file that is open for reading, by any number of threads.
class OpenFile {
 public:
  // Takes over the descriptor.
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  // In bytes, when it was opened.
  int64_t size() const { return info_.size; }
  FileVersion version() const;
  // Whether `path` still names this file, unchanged since it was opened.
  bool is_current(const std::string& path) const;
  // Tells the system not to read ahead.
  void expect_random_reads() const { platform::expect_random_reads(descriptor_); }
  // Reads `count` bytes from `offset` on into `bytes`, fewer where the file ends. EINTR and short reads are handled.
  // Returns kOk or why not, and for kReadError the system's words in *reason. Throws std::bad_alloc.
  Status read(int64_t offset, size_t count, Buffer* bytes, size_t* size, std::string* reason) const;

 private:
  friend Status open_file(const std::string& path, std::shared_ptr<const OpenFile>* file, std::string* reason);

  const int descriptor_;
  platform::FileInfo info_;  // when it was opened
};

// Opens a regular file. Returns kOk or why not, and for kReadError the system's words in *reason. Throws
// std::bad_alloc.
Status open_file(const std::string& path, std::shared_ptr<const OpenFile>* file, std::string* reason);

// Reads the whole file at `path`, of at most `max_bytes`. A file that shrinks meanwhile gives the bytes that were
// there.
Status read_file(const std::string& path, int64_t max_bytes, Buffer* bytes, size_t* size, std::string* reason);

// Reads `length` bytes, at most `max_bytes`, of an open file. kTruncated where the file ends before they do.
Status read_range(const OpenFile& file, int64_t offset, int64_t length, int64_t max_bytes, Buffer* bytes, size_t* size,
                  std::string* reason);

}  // namespace fastseq
