// Searches entropy-coded bytes for markers.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// Returns the offset of the first 0xFF at or after `at` that is not followed by zero; `size` if there is none. A 0xFF
// in the last byte is ignored.
size_t find_marker(const uint8_t* data, size_t size, size_t at);

}  // namespace fastseq
