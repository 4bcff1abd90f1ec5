#include "io/snappy.h"

#include <cstring>

namespace fastseq {
namespace {

constexpr unsigned kLiteral = 0, kCopy1 = 1, kCopy2 = 2;  // the low bits of a tag; copies by the bytes of their offset

class Decompressor {
 public:
  Decompressor(const uint8_t* data, size_t size, uint8_t* out, size_t out_size)
      : data_(data), end_(data + size), begin_(out), out_(out), out_end_(out + out_size) {}

  bool run() {
    if (!read_size()) return false;
    while (data_ != end_) {
      if (!read_element(*data_++)) return false;
    }
    return out_ == out_end_;
  }

 private:
  // The size of the output, of up to 32 bits, seven in a byte.
  bool read_size() {
    uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (data_ == end_) return false;
      const uint8_t byte = *data_++;
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value <= UINT32_MAX && value == static_cast<uint64_t>(out_end_ - begin_);
    }
    return false;
  }

  bool read_element(unsigned tag) {
    const unsigned kind = tag & 3, high = tag >> 2;
    size_t offset = 0;
    if (kind == kLiteral) {
      size_t size = high;
      if (high >= 60 && !read_number(high - 59, &size)) return false;
      return add_literal(size + 1);
    }
    if (kind == kCopy1) {
      return read_number(1, &offset) && add_copy((high >> 3) << 8 | offset, (high & 7) + 4);
    }
    return read_number(kind == kCopy2 ? 2 : 4, &offset) && add_copy(offset, high + 1);
  }

  // Least significant byte first.
  bool read_number(unsigned bytes, size_t* value) {
    if (static_cast<size_t>(end_ - data_) < bytes) return false;
    *value = 0;
    for (unsigned i = 0; i < bytes; ++i) *value |= static_cast<size_t>(*data_++) << (8 * i);
    return true;
  }

  bool add_literal(size_t size) {
    if (size > static_cast<size_t>(end_ - data_) || size > static_cast<size_t>(out_end_ - out_)) return false;
    std::memcpy(out_, data_, size);
    data_ += size;
    out_ += size;
    return true;
  }

  bool add_copy(size_t offset, size_t size) {
    if (offset == 0 || offset > static_cast<size_t>(out_ - begin_)) return false;
    if (size > static_cast<size_t>(out_end_ - out_)) return false;
    const uint8_t* from = out_ - offset;
    if (offset >= size) {
      std::memcpy(out_, from, size);
      out_ += size;
    } else {  // it repeats what it writes
      for (const uint8_t* const stop = out_ + size; out_ != stop;) *out_++ = *from++;
    }
    return true;
  }

  const uint8_t* data_;
  const uint8_t* const end_;
  uint8_t* const begin_;
  uint8_t* out_;
  uint8_t* const out_end_;
};

}  // namespace

bool snappy_decompress(const uint8_t* data, size_t size, uint8_t* out, size_t out_size) {
  return Decompressor(data, size, out, out_size).run();
}

}  // namespace fastseq
