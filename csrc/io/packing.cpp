#include "io/packing.h"

#include <libdeflate.h>

#include <memory>
#include <new>

#include "io/crc32c.h"

namespace fastseq {
namespace {

// Inflates data[0, size), a raw deflate stream of `out_size` bytes exactly.
Status inflate_raw(const uint8_t* data, size_t size, size_t out_size, uint8_t* out, std::string* reason) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor) throw std::bad_alloc();
  if (libdeflate_deflate_decompress(decompressor.get(), data, size, out, out_size, nullptr) == LIBDEFLATE_SUCCESS) {
    return Status::kOk;
  }
  *reason = "the compressed data in the archive are damaged";
  return Status::kCorrupt;
}

}  // namespace

Status unpack(const Packing& packing, const uint8_t* data, size_t size, int64_t max_bytes, Buffer* buffer,
              const uint8_t** image, size_t* image_size, std::string* reason) {
  *image = data;
  *image_size = size;
  if (packing.inflated_size >= 0) {
    if (packing.inflated_size > max_bytes) return Status::kFileTooLarge;
    if (packing.inflated_size == 0) return Status::kEmpty;
    *image_size = static_cast<size_t>(packing.inflated_size);
    uint8_t* const out = buffer->reserve(*image_size);
    *image = out;
    const Status status = inflate_raw(data, size, *image_size, out, reason);
    if (status != Status::kOk) return status;
  }
  if (packing.checksum < 0) return Status::kOk;
  const bool is_crc32c = packing.checksum >= kCrc32c;
  const uint32_t found = is_crc32c ? crc32c(*image, *image_size) : libdeflate_crc32(0, *image, *image_size);
  if (found == static_cast<uint32_t>(packing.checksum)) return Status::kOk;
  *reason =
      is_crc32c ? "the record does not match its checksum" : "the data do not match their checksum in the archive";
  return Status::kCorrupt;
}

}  // namespace fastseq
