// Shared by the parts of the PNG reader.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "base/status.h"

namespace fastseq {

inline uint32_t big_endian(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

inline Status corrupt(std::string* reason, std::string message) {
  *reason = std::move(message);
  return Status::kCorrupt;
}

}  // namespace fastseq
