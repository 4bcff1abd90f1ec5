// Markers among entropy-coded bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// The first 0xFF at or after `at` that no zero follows; size where there is none. The last byte is not looked at.
size_t find_marker(const uint8_t* data, size_t size, size_t at);

}  // namespace fastseq
