#include "io/tiff_lzw.h"

#include <algorithm>
#include <array>

namespace fastseq {
namespace {

// TIFF 6.0, section 13.
constexpr int kClear = 256;
constexpr int kEnd = 257;
constexpr int kFirst = 258;
constexpr int kMinBits = 9;
constexpr int kMaxBits = 12;
constexpr int kCodes = 1 << kMaxBits;

class CodeReader {
 public:
  CodeReader(const uint8_t* data, size_t size) : data_(data), bits_left_(size * 8) {}

  // The next code of so many bits, or kEnd where there are fewer.
  int next(int bits) {
    if (bits_left_ < static_cast<size_t>(bits)) return kEnd;
    while (held_ < bits) {
      word_ = word_ << 8 | *data_++;
      held_ += 8;
    }
    held_ -= bits;
    bits_left_ -= bits;
    return static_cast<int>(word_ >> held_ & ((1u << bits) - 1));
  }

 private:
  const uint8_t* data_;
  size_t bits_left_;
  uint32_t word_ = 0;
  int held_ = 0;  // bits of `word_` not yet taken
};

}  // namespace

size_t tiff_lzw_bytes(const uint8_t* data, size_t size, size_t wanted) {
  if (size >= 2 && data[0] == 0 && data[1] & 1) return wanted;  // the old style
  std::array<size_t, kCodes> length;                            // of the bytes that a code stands for
  std::fill_n(length.begin(), kClear, size_t{1});
  CodeReader codes(data, size);
  size_t decoded = 0;
  int bits = kMinBits;
  int free = kFirst;    // the next code to be defined
  size_t previous = 0;  // length of the last code's bytes; 0 after a clear code
  while (decoded < wanted) {
    const int code = codes.next(bits);
    if (code == kEnd) break;
    if (code == kClear) {
      bits = kMinBits;
      free = kFirst;
      previous = 0;
      continue;
    }
    if (previous == 0) {
      if (code > kClear) break;
    } else {
      if (code > free) break;
      if (free < kCodes) length[free++] = previous + 1;
      // The code before the last of its width is followed by a wider one.
      if (free > (1 << bits) - 2 && bits < kMaxBits) ++bits;
    }
    previous = length[code];
    decoded += previous;
  }
  return std::min(decoded, wanted);
}

}  // namespace fastseq
