// Takes images out of the ranges that hold them compressed or with a checksum.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace fastseq {

// Inflates data[0, size), a raw deflate stream of `out_size` bytes exactly. Returns kOk or, with a message in *reason,
// kCorrupt. Throws std::bad_alloc.
Status inflate_raw(const uint8_t* data, size_t size, size_t out_size, uint8_t* out, std::string* reason);

// Returns kOk or, with a message in *reason, kCorrupt.
Status check_crc32(const uint8_t* data, size_t size, uint32_t crc, std::string* reason);

}  // namespace fastseq
