// Reads the files and the ranges of files that the images of a job are in.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/buffer.h"
#include "base/status.h"
#include "io/file_cache.h"
#include "io/source.h"

namespace fastseq {

// Where a source's bytes are read to.
struct ReadBuffers {
  Buffer* image;
  Buffer* compressed;  // scratch
};

// Safe to use from several threads.
class SourceReader {
 public:
  // Where the files of ranges are opened. Called before the first read.
  void use_files(std::shared_ptr<FileCache> files) { files_ = std::move(files); }

  // Reads the image of a source that is a file, of at most `max_bytes`, into buffers.image. `path` is the source's:
  // what that points to may be gone meanwhile. Returns kOk, or why not, with words in *reason where the status alone
  // does not say it. Throws std::bad_alloc.
  Status read(const Source& source, const std::string& path, int64_t max_bytes, ReadBuffers buffers, size_t* size,
              std::string* reason);

  // The same for a source of any kind: *data is in buffers.image, or in the source itself.
  Status read_any(const Source& source, int64_t max_bytes, ReadBuffers buffers, const uint8_t** data, size_t* size,
                  std::string* reason);

 private:
  Status open(const std::string& path, std::shared_ptr<const OpenFile>* file, std::string* reason);

  std::shared_ptr<FileCache> files_;
  std::mutex mutex_;
  std::unordered_set<std::string> checked_files_;  // for changes, when this job first opened them; under the mutex
};

}  // namespace fastseq
