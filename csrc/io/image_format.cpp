#include "io/image_format.h"

#include <algorithm>
#include <cstring>

namespace fastseq {
namespace {

struct Bytes {
  const uint8_t* data;
  size_t size;

  bool has(size_t at, const char* text, size_t length) const {
    return at + length <= size && std::memcmp(data + at, text, length) == 0;
  }
  int64_t little(size_t at, int count) const {
    if (at + count > size) return 0;
    int64_t value = 0;
    for (int i = count; i-- > 0;) value = value << 8 | data[at + i];
    return value;
  }
  int64_t big(size_t at, int count) const {
    if (at + count > size) return 0;
    int64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | data[at + i];
    return value;
  }
};

ImageInfo webp_info(const Bytes& b) {
  if (b.has(12, "VP8X", 4)) return {ImageFormat::kWebp, b.little(24, 3) + 1, b.little(27, 3) + 1};
  if (b.has(12, "VP8L", 4)) {
    const int64_t bits = b.little(21, 4);
    return {ImageFormat::kWebp, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
  }
  return {ImageFormat::kWebp, b.little(26, 2) & 0x3FFF, b.little(28, 2) & 0x3FFF};
}

ImageInfo bmp_info(const Bytes& b) {
  if (b.little(14, 4) == 12) return {ImageFormat::kBmp, b.little(18, 2), b.little(20, 2)};
  const int64_t height = static_cast<int32_t>(b.little(22, 4));  // negative: stored top down
  return {ImageFormat::kBmp, static_cast<int32_t>(b.little(18, 4)), height < 0 ? -height : height};
}

// "P6 width height", with white space and comments between. P7 has a header of words, read by OpenCV alone.
ImageInfo pnm_info(const Bytes& b) {
  int64_t numbers[2] = {0, 0};
  size_t at = 2;
  for (int64_t& number : numbers) {
    while (at < b.size && (b.data[at] == '#' || b.data[at] <= ' ')) {
      if (b.data[at] == '#') {
        while (at < b.size && b.data[at] != '\n') ++at;
      } else {
        ++at;
      }
    }
    while (at < b.size && b.data[at] >= '0' && b.data[at] <= '9' && number < INT32_MAX) {
      number = number * 10 + b.data[at++] - '0';
    }
  }
  return {ImageFormat::kPnm, numbers[0], numbers[1]};
}

// First image file directory: tags 256 (width) and 257 (height), SHORT or LONG. TIFF 6.0, section 2; in BigTIFF offsets
// and counts have eight bytes.
ImageInfo tiff_info(const Bytes& b, bool big_tiff) {
  const bool little = b.data[0] == 'I';
  const auto read = [&](size_t at, int count) { return little ? b.little(at, count) : b.big(at, count); };
  ImageInfo info{ImageFormat::kTiff, 0, 0};
  const size_t directory = static_cast<size_t>(big_tiff ? read(8, 8) : read(4, 4));
  if (directory >= b.size) return info;
  const int count_bytes = big_tiff ? 8 : 2, entry_bytes = big_tiff ? 20 : 12, value_at = big_tiff ? 12 : 8;
  const int64_t entries = std::min<int64_t>(read(directory, count_bytes), 65535);
  for (int64_t i = 0; i < entries; ++i) {
    const size_t at = directory + count_bytes + static_cast<size_t>(i) * entry_bytes;
    if (at + entry_bytes > b.size) break;
    const int64_t tag = read(at, 2);
    const int64_t value = read(at + value_at, read(at + 2, 2) == 3 ? 2 : 4);
    if (tag == 256) info.width = value;
    if (tag == 257) info.height = value;
  }
  return info;
}

// The largest `ispe` property: ISO/IEC 23008-12, 6.5.3.
ImageInfo avif_info(const Bytes& b) {
  ImageInfo info{ImageFormat::kAvif, 0, 0};
  const size_t end = std::min<size_t>(b.size, 65536);
  for (size_t at = 4; at + 16 <= end; ++at) {
    if (!b.has(at, "ispe", 4)) continue;
    info.width = std::max(info.width, b.big(at + 8, 4));
    info.height = std::max(info.height, b.big(at + 12, 4));
  }
  return info;
}

ImageInfo jp2_info(const Bytes& b) {
  for (size_t at = 12; at + 12 <= std::min<size_t>(b.size, 4096); ++at) {
    if (b.has(at, "ihdr", 4)) return {ImageFormat::kJpeg2000, b.big(at + 8, 4), b.big(at + 4, 4)};
  }
  return {ImageFormat::kJpeg2000, 0, 0};
}

ImageInfo iso_media_info(const Bytes& b) {
  const int64_t brands_end = std::min<int64_t>(b.big(0, 4), 256);
  for (int64_t at = 8; at + 4 <= brands_end; at += 4) {
    if (b.has(at, "avif", 4) || b.has(at, "avis", 4)) return avif_info(b);
  }
  for (int64_t at = 8; at + 4 <= brands_end; at += 4) {
    for (const char* brand : {"heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"}) {
      if (b.has(at, brand, 4)) return {ImageFormat::kHeif, 0, 0};
    }
  }
  return {};
}

}  // namespace

EnumTable image_format_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(ImageFormat::kUnknown, "unknown"),   enum_member(ImageFormat::kJpeg, "JPEG"),
      enum_member(ImageFormat::kPng, "PNG"),           enum_member(ImageFormat::kGif, "GIF"),
      enum_member(ImageFormat::kWebp, "WEBP"),         enum_member(ImageFormat::kBmp, "BMP"),
      enum_member(ImageFormat::kTiff, "TIFF"),         enum_member(ImageFormat::kPnm, "PPM"),
      enum_member(ImageFormat::kJpeg2000, "JPEG2000"), enum_member(ImageFormat::kAvif, "AVIF"),
      enum_member(ImageFormat::kHeif, "HEIF"),         enum_member(ImageFormat::kJpegXl, "JXL"),
  };
  return enum_table(kMembers);
}

ImageInfo sniff_image(const uint8_t* data, size_t size) {
  const Bytes b{data, size};
  if (b.has(0, "\xFF\xD8\xFF", 3)) return {ImageFormat::kJpeg, 0, 0};
  if (b.has(0, "\x89PNG\r\n\x1A\n", 8)) return {ImageFormat::kPng, b.big(16, 4), b.big(20, 4)};
  if (b.has(0, "GIF87a", 6) || b.has(0, "GIF89a", 6)) return {ImageFormat::kGif, b.little(6, 2), b.little(8, 2)};
  if (b.has(0, "RIFF", 4) && b.has(8, "WEBP", 4)) return webp_info(b);
  if (b.has(0, "BM", 2) && size >= 26) return bmp_info(b);
  if (b.has(0, "II*\0", 4) || b.has(0, "MM\0*", 4)) return tiff_info(b, false);
  if (b.has(0, "II+\0", 4) || b.has(0, "MM\0+", 4)) return tiff_info(b, true);
  if (b.has(0, "\0\0\0\x0CjP  \r\n\x87\n", 12)) return jp2_info(b);
  if (b.has(0, "\xFF\x4F\xFF\x51", 4))
    return {ImageFormat::kJpeg2000, b.big(8, 4) - b.big(16, 4), b.big(12, 4) - b.big(20, 4)};
  if (b.has(0, "\xFF\x0A", 2) || b.has(0, "\0\0\0\x0CJXL \r\n\x87\n", 12)) return {ImageFormat::kJpegXl, 0, 0};
  if (b.has(4, "ftyp", 4)) return iso_media_info(b);
  if (size > 2 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7' && (data[2] == '\n' || data[2] == ' ')) {
    return pnm_info(b);
  }
  return {};
}

}  // namespace fastseq
