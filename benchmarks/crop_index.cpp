// Decodes crops of JPEGs to planes, with their crop indexes ("index") or from the start ("start"). crop_index.py builds
// and runs it. Reads lines "path index crops", the second a file with the crop index of the first, then as many lines
// "x0 y0 x1 y1 scale"; prints a checksum of the planes.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "io/crc32c.h"
#include "jpeg/baseline.h"
#include "jpeg/crop_index.h"
#include "jpeg/header.h"

namespace {

using Bytes = std::vector<uint8_t>;
using fastseq::CropIndex;
using fastseq::Status;

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  Bytes bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// The rows of one pull, in memory that is reused.
struct Rows {
  uint8_t* at[fastseq::kMaxPlanes][fastseq::kMaxRowsPerPull];
  uint8_t* const* planes[fastseq::kMaxPlanes];
};

Rows rows_for(const fastseq::RowSource& source, Bytes* memory) {
  Rows rows;
  size_t bytes = 64;
  for (int p = 0; p < source.planes(); ++p) {
    bytes += static_cast<size_t>(source.plane(p).rows_per_pull) * static_cast<size_t>(source.plane(p).row_bytes + 64);
  }
  if (memory->size() < bytes) memory->resize(bytes);
  uint8_t* next = memory->data();
  for (int p = 0; p < source.planes(); ++p) {
    for (int r = 0; r < source.plane(p).rows_per_pull; ++r, next += source.plane(p).row_bytes + 8) rows.at[p][r] = next;
    rows.planes[p] = rows.at[p];
  }
  return rows;
}

}  // namespace

// What is measured: from the bytes of a file to the planes of a crop. False if it is left to libjpeg.
extern "C" __attribute__((noinline)) bool decode_crop(const Bytes& file, const Bytes& entries,
                                                      const fastseq::PixelWindow& window, int scale,
                                                      fastseq::JpegScratch* scratch, Bytes* memory,
                                                      uint32_t* checksum) {
  const CropIndex index(entries.data(), entries.size(), file.data(), file.size());
  const CropIndex* const used = index.fits() ? &index : nullptr;
  fastseq::JpegHeader header;
  if (fastseq::read_jpeg_header(file.data(), file.size(), &header, used) != Status::kOk) return false;
  const std::atomic<bool> cancelled{false};
  fastseq::JpegRequest request(cancelled);
  request.planes = true;
  request.scale = scale;
  request.window = window;
  request.index = used;
  std::unique_ptr<fastseq::RowSource> source;
  fastseq::open_baseline(file.data(), file.size(), header, request, scratch, &source);
  if (!source) return false;
  const Rows rows = rows_for(*source, memory);
  const fastseq::SourcePlane& luma = source->plane(0);
  for (int y = luma.y0; y < (window.y1 + scale - 1) / scale; y += luma.rows_per_pull) {
    if (source->pull(rows.planes) != Status::kOk) return false;
    *checksum ^= fastseq::crc32c(rows.at[0][0], static_cast<size_t>(luma.delivered_width));
  }
  return source->finish() == Status::kOk;
}

int main(int argc, char** argv) {
  const bool by_index = argc > 1 && std::string(argv[1]) == "index";
  fastseq::JpegScratch scratch;
  Bytes memory;
  uint32_t checksum = 0;
  std::string path, index;
  for (int crops, scale; std::cin >> path >> index >> crops;) {
    const Bytes file = read_file(path), entries = by_index ? read_file(index) : Bytes();
    for (fastseq::PixelWindow window; crops-- > 0;) {
      std::cin >> window.x0 >> window.y0 >> window.x1 >> window.y1 >> scale;
      if (!decode_crop(file, entries, window, scale, &scratch, &memory, &checksum)) {
        std::fprintf(stderr, "%s is left to libjpeg\n", path.c_str());
        return 1;
      }
    }
  }
  std::printf("%u\n", checksum);
}
