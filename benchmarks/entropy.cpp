// Entropy-decodes the JPEGs on the command line with fastseq ("ours"), with libjpeg ("libjpeg"), or only reads the
// files
// ("nothing", the cost to subtract). entropy.py builds and runs it. Prints how many files it read.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>
// clang-format off
#include <jpeglib.h>
// clang-format on

#include "jpeg/baseline_scan.h"
#include "jpeg/frame.h"

namespace {

using Bytes = std::vector<uint8_t>;

Bytes read_file(const char* path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  Bytes bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// Decodes all coefficients, in the steps that the loader takes.
bool decode(const Bytes& file) {
  using namespace fastseq;
  static BaselineScan::Tables tables;
  static std::vector<int16_t> coefficients(BaselineScan::kBlocksPerRead * kBlockSize);
  static Bytes entropy;
  if (entropy.size() < file.size() + BitSegment::kSlack) entropy.resize(file.size() + BitSegment::kSlack);
  JpegMarkers markers(file.data(), file.size());
  JpegFrame frame;
  JpegScan scan;
  if (markers.next_scan(&frame, &scan) != JpegMarkers::Found::kScan) return false;
  if (frame.progressive || scan.components != frame.components) return false;
  const bool wanted[3] = {true, true, true};
  BaselineScan reader;
  if (!reader.open(file.data(), file.size(), frame, scan, wanted, {entropy.data(), &tables, coefficients.data()})) {
    return false;
  }
  for (int left = reader.mcus_across() * reader.mcus_down(); left > 0;) {
    const int mcus = left < reader.mcus_per_read() ? left : reader.mcus_per_read();
    if (!reader.read(mcus)) return false;
    left -= mcus;
  }
  return true;
}

bool decode_by_libjpeg(const Bytes& file) {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), static_cast<unsigned long>(file.size()));
  jpeg_read_header(&info, TRUE);
  jpeg_read_coefficients(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  int read = 0;
  for (int i = 2; i < argc; ++i) {
    const Bytes file = read_file(argv[i]);
    read += mode == "ours" ? decode(file) : mode == "libjpeg" ? decode_by_libjpeg(file) : !file.empty();
  }
  std::printf("%d\n", read);
}
