// Inflates image data.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace fastseq {

// Inflates the zlib stream data[0, size) until `out_size` bytes are there; what follows them is ignored. Writes up to
// one byte more. Returns kOk, kCancelled or, with a message in *reason, kCorrupt. Throws std::bad_alloc.
Status inflate(const uint8_t* data, size_t size, size_t out_size, uint8_t* out, const std::atomic<bool>& cancelled,
               std::string* reason);

}  // namespace fastseq
