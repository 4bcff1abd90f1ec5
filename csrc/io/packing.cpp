#include "io/packing.h"

#include <libdeflate.h>

#include <memory>
#include <new>

namespace fastseq {

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

Status check_crc32(const uint8_t* data, size_t size, uint32_t crc, std::string* reason) {
  if (libdeflate_crc32(0, data, size) == crc) return Status::kOk;
  *reason = "the data do not match their checksum in the archive";
  return Status::kCorrupt;
}

}  // namespace fastseq
