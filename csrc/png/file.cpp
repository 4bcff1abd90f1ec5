#include "png/file.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "io/exif.h"
#include "png/parse.h"

namespace fastseq {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkBytes = 12;     // of a chunk without a body
constexpr int64_t kSrgbGamma = 45455;  // which libpng takes for sRGB

bool is_letter(uint8_t byte) { return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'; }

struct Chunk {
  const uint8_t* start;  // of its length
  size_t length;

  const uint8_t* type() const { return start + 4; }
  const uint8_t* body() const { return start + 8; }
  const uint8_t* end() const { return body() + length + 4; }
  bool is(const char* name) const { return std::memcmp(type(), name, 4) == 0; }
  bool is_critical() const { return !(type()[0] & 0x20); }
  bool is_intact() const { return libdeflate_crc32(0, type(), length + 4) == big_endian(body() + length); }
  std::string name() const { return std::string(reinterpret_cast<const char*>(type()), 4); }
};

Chunk chunk_at(const uint8_t* start) { return {start, big_endian(start)}; }

// The gamma of a gAMA or sRGB chunk, 0 if the chunk is invalid.
int64_t gamma_of(const Chunk& chunk) {
  if (chunk.is("sRGB")) return chunk.length == 1 && chunk.body()[0] < 4 ? kSrgbGamma : 0;
  const int64_t gamma = chunk.length == 4 ? big_endian(chunk.body()) : 0;
  return gamma >= 16 && gamma <= 625'000'000 ? gamma : 0;
}

class Reader {
 public:
  Reader(PngFile* file, std::string* reason) : file_(file), reason_(reason) {}

  Status take(const Chunk& chunk) {
    if (chunk.is_critical()) return take_critical(chunk);
    if (chunk.is("gAMA") || chunk.is("sRGB")) {
      int64_t* gamma = chunk.is("sRGB") ? &srgb_ : &gamma_;
      if (*gamma == 0 && chunk.is_intact()) *gamma = gamma_of(chunk);
    } else if (chunk.is("eXIf") && !has_exif_ && is_tiff(chunk) && chunk.is_intact()) {
      has_exif_ = true;
      file_->orientation = exif_orientation(chunk.body(), chunk.length);
    }
    return Status::kOk;
  }

  Status finish() {
    file_->gamma = srgb_ > 0 ? srgb_ : gamma_;
    if (!file_->header.is_palette()) return Status::kOk;
    if (palette_bytes_ == 0 || palette_bytes_ % 3 || palette_bytes_ > 768) {
      return corrupt(reason_, "the palette is missing or has the wrong size");
    }
    file_->palette_colors = std::min(static_cast<int>(palette_bytes_ / 3), 1 << file_->header.depth);
    return Status::kOk;
  }

 private:
  static bool is_tiff(const Chunk& chunk) {
    return chunk.length >= 2 && (std::memcmp(chunk.body(), "II", 2) == 0 || std::memcmp(chunk.body(), "MM", 2) == 0);
  }

  Status take_critical(const Chunk& chunk) {
    if (chunk.is("IDAT")) {
      if (chunk.length == 0) return Status::kOk;
      file_->one_idat = !file_->first_idat;
      if (!file_->first_idat) file_->first_idat = chunk.start;
      file_->image_data_bytes += chunk.length;
    } else if (chunk.is("PLTE")) {
      file_->palette = chunk.body();
      palette_bytes_ = chunk.length;
    } else if (!chunk.is("IEND")) {
      return corrupt(reason_, "unknown critical chunk " + chunk.name());
    }
    return Status::kOk;
  }

  PngFile* file_;
  std::string* reason_;
  size_t palette_bytes_ = 0;
  int64_t gamma_ = 0, srgb_ = 0;
  bool has_exif_ = false;
};

}  // namespace

bool is_deep_png(const uint8_t* data, size_t size) {
  constexpr size_t kDepthAt = kSignatureBytes + 16;
  return size > kDepthAt && data[kDepthAt] == 16;
}

Status read_png_file(const uint8_t* data, size_t size, PngFile* file, std::string* reason) {
  *file = PngFile();
  Reader reader(file, reason);
  size_t at = kSignatureBytes;
  bool first = true, ended = false;
  while (!ended) {
    if (size < kChunkBytes || at > size - kChunkBytes) return corrupt(reason, "the file ends before its IEND chunk");
    const Chunk chunk = chunk_at(data + at);
    if (chunk.length > size - at - kChunkBytes) return corrupt(reason, "a chunk is longer than the file");
    if (!std::all_of(chunk.type(), chunk.type() + 4, is_letter)) {
      return corrupt(reason, "four bytes that are no type of a chunk");
    }
    if (chunk.is_critical() && !chunk.is_intact()) {
      return corrupt(reason, "the checksum of chunk " + chunk.name() + " is wrong");
    }
    if (first && !chunk.is("IHDR")) return corrupt(reason, "the first chunk is not IHDR");
    const Status status =
        first ? read_png_header(chunk.body(), chunk.length, &file->header, reason) : reader.take(chunk);
    if (status != Status::kOk) return status;
    first = false;
    ended = chunk.is("IEND");
    at = static_cast<size_t>(chunk.end() - data);
  }
  return reader.finish();
}

const uint8_t* image_data(const PngFile& file, Buffer* copy) {
  if (!file.first_idat) return nullptr;
  if (file.one_idat) return chunk_at(file.first_idat).body();
  uint8_t* const out = copy->reserve(file.image_data_bytes);
  size_t copied = 0;
  for (const uint8_t* at = file.first_idat; copied < file.image_data_bytes; at = chunk_at(at).end()) {
    const Chunk chunk = chunk_at(at);
    if (!chunk.is("IDAT")) continue;
    std::memcpy(out + copied, chunk.body(), chunk.length);
    copied += chunk.length;
  }
  return out;
}

}  // namespace fastseq
