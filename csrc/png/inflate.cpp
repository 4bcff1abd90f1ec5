#include "png/inflate.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

#include "png/parse.h"

namespace fastseq {
namespace {

constexpr size_t kSliceBytes = 1 << 20;  // inflated between two looks at the cancel flag

// Whether the stream is sound and has `out_size` bytes exactly.
bool inflate_whole(const uint8_t* data, size_t size, size_t out_size, uint8_t* out) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor) throw std::bad_alloc();
  size_t used = 0, made = 0;
  const auto result = libdeflate_zlib_decompress_ex(decompressor.get(), data, size, out, out_size, &used, &made);
  return result == LIBDEFLATE_SUCCESS && made == out_size;
}

class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  Status run(const uint8_t* data, size_t size, size_t out_size, uint8_t* out, const std::atomic<bool>& cancelled,
             std::string* reason) {
    const uint8_t* const end = data + size;
    const uint8_t* const out_end = out + out_size + 1;  // of the last byte, so that the checksum is read as well
    stream_.next_in = const_cast<uint8_t*>(data);
    stream_.next_out = out;
    int result = Z_OK;
    while (result == Z_OK && stream_.next_out < out_end) {
      if (cancelled.load(std::memory_order_relaxed)) return Status::kCancelled;
      stream_.avail_in = static_cast<uInt>(std::min<size_t>(end - stream_.next_in, kSliceBytes));
      stream_.avail_out = static_cast<uInt>(std::min<size_t>(out_end - stream_.next_out, kSliceBytes));
      result = ::inflate(&stream_, Z_NO_FLUSH);
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_NEED_DICT) return corrupt(reason, "the image data need a dictionary");
    if (result == Z_DATA_ERROR) return corrupt(reason, stream_.msg ? stream_.msg : "the image data are damaged");
    return stream_.next_out >= out + out_size ? Status::kOk : corrupt(reason, "the image data end too early");
  }

 private:
  z_stream stream_ = {};
};

}  // namespace

// libdeflate is several times faster, but takes whole and sound streams only: the others are read by zlib, which tells
// how far they are sound and what is wrong.
Status inflate(const uint8_t* data, size_t size, size_t out_size, uint8_t* out, const std::atomic<bool>& cancelled,
               std::string* reason) {
  if (inflate_whole(data, size, out_size, out)) return Status::kOk;
  return Inflater().run(data, size, out_size, out, cancelled, reason);
}

}  // namespace fastseq
