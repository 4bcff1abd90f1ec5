// PNGs whose checksums are right, of bytes that the fuzzer chooses: damage goes where no checksum would stop it.
#pragma once
#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

class PngMaker {
 public:
  // data[0, size): color type and depth, width, height, flags, number of colors of the palette, level of compression;
  // then the colors, and the rows with their filter types.
  static std::vector<uint8_t> make(const uint8_t* data, size_t size) {
    constexpr size_t kHeadBytes = 6;
    uint8_t head[kHeadBytes] = {};
    std::memcpy(head, data, std::min(size, kHeadBytes));
    data += std::min(size, kHeadBytes);
    size -= std::min(size, kHeadBytes);
    PngMaker maker;
    static constexpr uint8_t kKinds[][2] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {2, 8}, {3, 1},
                                            {3, 2}, {3, 4}, {3, 8}, {4, 8}, {6, 8}};
    const uint8_t* kind = kKinds[head[0] % (sizeof(kKinds) / 2)];
    const uint8_t interlaced = head[3] & 1;
    maker.add("IHDR", {0, 0, 0, head[1], 0, 0, 0, head[2], kind[1], kind[0], 0, 0, interlaced});
    if (head[3] & 2) maker.add("gAMA", {0, 0, 0xB1, 0x8F});
    const size_t colors = std::min<size_t>(3 * head[4], size);
    if (head[4] > 0) maker.add("PLTE", {data, data + colors});
    data += colors;
    size -= colors;
    const std::vector<uint8_t> stream = compress(data, size, head[5] % 10);
    const size_t cut = head[3] & 4 ? stream.size() / 2 : 0;
    if (cut > 0) maker.add("IDAT", {stream.begin(), stream.begin() + cut});
    maker.add("IDAT", {stream.begin() + cut, stream.end()});
    maker.add("IEND", {});
    return maker.file_;
  }

 private:
  PngMaker() : file_{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'} {}

  static std::vector<uint8_t> compress(const uint8_t* data, size_t size, int level) {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
    std::vector<uint8_t> stream(libdeflate_zlib_compress_bound(compressor, size));
    stream.resize(libdeflate_zlib_compress(compressor, data, size, stream.data(), stream.size()));
    libdeflate_free_compressor(compressor);
    return stream;
  }

  void add_number(uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) file_.push_back(static_cast<uint8_t>(number >> shift));
  }

  void add(const char* type, const std::vector<uint8_t>& body) {
    add_number(static_cast<uint32_t>(body.size()));
    const size_t begin = file_.size();
    file_.insert(file_.end(), type, type + 4);
    file_.insert(file_.end(), body.begin(), body.end());
    add_number(libdeflate_crc32(0, file_.data() + begin, file_.size() - begin));
  }

  std::vector<uint8_t> file_;
};
