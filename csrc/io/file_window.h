// A part of a file in memory, for parsers that go from header to header.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "base/status.h"
#include "io/file.h"

namespace fastseq {

class FileWindow {
 public:
  // `bytes_at_once` are read where a view needs fewer.
  FileWindow(std::shared_ptr<const OpenFile> file, size_t bytes_at_once);

  const OpenFile& file() const { return *file_; }
  // Bytes of the file from `offset` on, valid until the next call: `size` of them, *available where the file ends
  // earlier. Returns kOk or why they cannot be read, kTruncated if the file has become shorter since it was opened.
  // Throws std::bad_alloc.
  Status view(int64_t offset, size_t size, const uint8_t** data, size_t* available, std::string* reason);

 private:
  const std::shared_ptr<const OpenFile> file_;
  const size_t bytes_at_once_;
  Buffer bytes_;  // of the file, from offset_ on
  int64_t offset_ = 0;
  size_t size_ = 0;
};

}  // namespace fastseq
