// Compares the coefficients that our decoders read with those of jpeg_read_coefficients, for each file named.
// tests/coefficients.py builds it. A line for each file, three columns between tabs:
//   "equal"; "left": the file is one for libjpeg; or "different" | "sequential" or "progressive" | where they differ
#include <algorithm>
#include <atomic>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "jpeg/baseline.h"
#include "jpeg/baseline_scan.h"
#include "jpeg/entropy_segment.h"
#include "jpeg/frame.h"
#include "jpeg/header.h"
#include "jpeg/progressive.h"
#include "jpeg/scratch.h"
#include "jpeg/turbo_errors.h"

namespace {

using namespace fastseq;

// The blocks of an image, row by row: coefficients in natural order, not dequantized.
struct Blocks {
  int across = 0, down = 0;
  std::vector<int16_t> coefficients;

  void take_size(int blocks_across, int blocks_down) {
    across = blocks_across;
    down = blocks_down;
    coefficients.assign(static_cast<size_t>(across) * down * kBlockSize, 0);
  }
  int16_t* at(int row, int column) {
    return coefficients.data() + (static_cast<size_t>(row) * across + column) * kBlockSize;
  }
  // Ignores blocks that only pad an MCU.
  void put(int row, int column, const int16_t* block) {
    if (row < down && column < across) std::memcpy(at(row, column), block, sizeof(int16_t) * kBlockSize);
  }
};

struct Image {
  int components = 0;
  Blocks blocks[3];
};

struct File {
  const uint8_t* data;
  size_t size;
  JpegHeader header;
};

int ceil_div(int a, int b) { return (a + b - 1) / b; }

void take_sizes(const JpegFrame& frame, Image* image) {
  image->components = frame.components;
  for (int i = 0; i < frame.components; ++i) {
    const JpegFrame::Component& c = frame.component[i];
    image->blocks[i].take_size(ceil_div(frame.width * c.h, 8 * frame.max_h),
                               ceil_div(frame.height * c.v, 8 * frame.max_v));
  }
}

// Whether our decoder reads the image to its end, and finds nothing amiss.
bool decodes(RowSource* source) {
  std::vector<std::vector<uint8_t>> memory;
  std::vector<uint8_t*> rows[kMaxPlanes];
  uint8_t* const* planes[kMaxPlanes] = {};
  for (int p = 0; p < source->planes(); ++p) {
    for (int r = 0; r < source->plane(p).rows_per_pull; ++r) {
      memory.emplace_back(static_cast<size_t>(source->plane(p).row_bytes));
      rows[p].push_back(memory.back().data());
    }
    planes[p] = rows[p].data();
  }
  const SourcePlane& luma = source->plane(0);
  for (int row = 0; row < luma.height; row += luma.rows_per_pull) {
    if (source->pull(planes) != Status::kOk) return false;
  }
  return source->finish() == Status::kOk;
}

// MCU by MCU, of each scan.
bool read_sequential(const File& file, JpegScratch* scratch, Image* image) {
  constexpr bool kWanted[3] = {true, true, true};
  JpegMarkers markers(file.data, file.size);
  JpegFrame frame;
  JpegScan scan;
  for (int seen = 0; seen == 0 || seen < frame.components; seen += scan.components) {
    if (markers.next_scan(&frame, &scan) != JpegMarkers::Found::kScan) return false;
    if (seen == 0) take_sizes(frame, image);
    const BaselineScan::Memory memory = {
        scratch->entropy.reserve(file.size + BitSegment::kSlack),
        scratch->huffman.reserve_as<BaselineScan::Tables>(1),
        scratch->coefficients.reserve_as<int16_t>(size_t{BaselineScan::kBlocksPerRead} * kBlockSize),
    };
    BaselineScan reader;
    if (!reader.open(file.data, file.size, frame, scan, kWanted, memory)) return false;
    const int mcus = reader.mcus_across() * reader.mcus_down();
    for (int first = 0; first < mcus; first += reader.mcus_per_read()) {
      const int count = std::min(reader.mcus_per_read(), mcus - first);
      if (!reader.read(count)) return false;
      const int16_t* block = reader.coefficients();
      for (int mcu = first; mcu < first + count; ++mcu) {
        const int row = mcu / reader.mcus_across(), column = mcu % reader.mcus_across();
        for (int i = 0; i < scan.components; ++i) {
          const BaselineScan::Blocks& shape = reader.blocks(i);
          for (int b = 0; b < shape.across * shape.down; ++b, block += kBlockSize) {
            image->blocks[scan.component[i].index].put(row * shape.down + b / shape.across,
                                                       column * shape.across + b % shape.across, block);
          }
        }
      }
    }
  }
  return true;
}

// Where ProgressiveSource leaves them: each component's behind a word for each of its blocks, whole MCUs all.
bool read_progressive(const File& file, JpegScratch* scratch, Image* image) {
  JpegMarkers markers(file.data, file.size);
  JpegFrame frame;
  JpegScan scan;
  if (markers.next_scan(&frame, &scan) != JpegMarkers::Found::kScan) return false;
  take_sizes(frame, image);
  const int across = ceil_div(frame.width, 8 * frame.max_h), down = ceil_div(frame.height, 8 * frame.max_v);
  size_t bytes = 0;
  for (int i = 0; i < frame.components; ++i) {
    const JpegFrame::Component& c = frame.component[i];
    const size_t count = static_cast<size_t>(across) * c.h * down * c.v;
    const uint8_t* begin = scratch->coefficients.data() + (bytes + 63) / 64 * 64 + count * sizeof(uint64_t);
    for (size_t b = 0; b < count; ++b) {
      const int row = static_cast<int>(b) / (across * c.h), column = static_cast<int>(b) % (across * c.h);
      image->blocks[i].put(row, column, reinterpret_cast<const int16_t*>(begin) + b * kBlockSize);
    }
    bytes += count * (sizeof(int16_t) * kBlockSize + sizeof(uint64_t)) + 64;
  }
  return true;
}

// False where the file is one for libjpeg.
bool read_ours(const File& file, Image* image) {
  const std::atomic<bool> cancelled{false};
  JpegRequest request(cancelled);
  request.memory_bytes = int64_t{1} << 30;
  request.planes = true;
  request.window = {0, 0, file.header.width, file.header.height};
  JpegScratch scratch;
  std::unique_ptr<RowSource> source;
  const bool progressive = file.header.progressive;
  (progressive ? open_progressive : open_baseline)(file.data, file.size, file.header, request, &scratch, &source);
  if (!source || !decodes(source.get())) return false;
  return (progressive ? read_progressive : read_sequential)(file, &scratch, image);
}

// Nothing here may need a destructor. False where libjpeg would refuse the file, or warn of damage.
bool read_libjpeg(const File& file, Image* image) {
  ErrorManager errors;
  jpeg_decompress_struct info;
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jump_to_handler;
  errors.base.emit_message = record_warning;
  errors.base.output_message = discard_message;
  jpeg_create_decompress(&info);
  bool good = false;
  if (setjmp(errors.on_error) == 0) {
    jpeg_mem_src(&info, file.data, file.size);
    jpeg_read_header(&info, TRUE);
    jvirt_barray_ptr* arrays = jpeg_read_coefficients(&info);
    image->components = info.num_components;
    for (int i = 0; i < info.num_components && i < 3; ++i) {
      const jpeg_component_info& c = info.comp_info[i];
      image->blocks[i].take_size(static_cast<int>(c.width_in_blocks), static_cast<int>(c.height_in_blocks));
      for (int row = 0; row < image->blocks[i].down; ++row) {
        const auto common = reinterpret_cast<j_common_ptr>(&info);
        JBLOCKARRAY blocks = info.mem->access_virt_barray(common, arrays[i], static_cast<JDIMENSION>(row), 1, FALSE);
        for (int column = 0; column < image->blocks[i].across; ++column) {
          image->blocks[i].put(row, column, blocks[0][column]);
        }
      }
    }
    good = errors.base.num_warnings == 0;
  }
  jpeg_destroy_decompress(&info);
  return good;
}

// Empty where there is none.
std::string first_difference(Image* ours, Image* theirs) {
  if (ours->components != theirs->components) return "another number of components";
  for (int i = 0; i < ours->components; ++i) {
    Blocks &a = ours->blocks[i], &b = theirs->blocks[i];
    if (a.across != b.across || a.down != b.down) return "another number of blocks in component " + std::to_string(i);
    for (size_t k = 0; k < a.coefficients.size(); ++k) {
      if (a.coefficients[k] == b.coefficients[k]) continue;
      const int block = static_cast<int>(k / kBlockSize);
      return "component " + std::to_string(i) + ", row " + std::to_string(block / a.across) + ", column " +
             std::to_string(block % a.across) + ", coefficient " + std::to_string(k % kBlockSize) + ": " +
             std::to_string(a.coefficients[k]) + ", not " + std::to_string(b.coefficients[k]);
    }
  }
  return "";
}

void compare(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  File file = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), JpegHeader()};
  Image ours, theirs;
  const bool sound = read_jpeg_header(file.data, file.size, &file.header) == Status::kOk &&
                     check_jpeg_limits(file.header, Limits()) == Status::kOk;
  const char* verdict = "left";
  std::string difference;
  if (sound && read_ours(file, &ours)) {
    difference = read_libjpeg(file, &theirs) ? first_difference(&ours, &theirs) : "libjpeg complains";
    verdict = difference.empty() ? "equal" : "different";
  }
  std::printf("%s\t%s\t%s\n", verdict, file.header.progressive ? "progressive" : "sequential", difference.c_str());
}

}  // namespace

int main(int count, char** paths) {
  for (int i = 1; i < count; ++i) compare(paths[i]);
  return 0;
}
