// Reading a whole file that others own: no mmap, no blocking on what is not a regular file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "base/status.h"

namespace fastseq {

// Reads `path` into `bytes`, which grows as needed. EINTR and short reads are handled; a file that shrinks under the
// reader gives the bytes that were there. Returns kOk, or why not, and for kReadError the system's words in *reason.
Status read_file(const std::string& path, int64_t max_bytes, Buffer* bytes, size_t* size, std::string* reason);

}  // namespace fastseq
