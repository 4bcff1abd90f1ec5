#include "png/header.h"

#include <algorithm>

#include "png/parse.h"

namespace fastseq {
namespace {

constexpr int64_t kMaxSide = 1'000'000;  // pixels; libpng's default

bool is_valid_depth(int color_type, int depth) {
  switch (color_type) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

}  // namespace

Status read_png_header(const uint8_t* body, size_t size, PngHeader* header, std::string* reason) {
  if (size != 13) return corrupt(reason, "the IHDR chunk does not have 13 bytes");
  const int64_t width = big_endian(body), height = big_endian(body + 4);
  if (width < 1 || width > kMaxSide || height < 1 || height > kMaxSide) {
    return corrupt(reason, "a size of " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
  }
  header->width = static_cast<int>(width);
  header->height = static_cast<int>(height);
  header->depth = body[8];
  header->color_type = body[9];
  if (!is_valid_depth(header->color_type, header->depth)) {
    return corrupt(reason, "color type " + std::to_string(body[9]) + " with " + std::to_string(body[8]) + " bits");
  }
  if (body[10] != 0 || body[11] != 0 || body[12] > 1) {
    return corrupt(reason, "an unknown compression, filter or interlace method");
  }
  header->interlaced = body[12] == 1;
  return Status::kOk;
}

int png_passes(const PngHeader& header, PngPass* passes) {
  static constexpr PngPass kAdam7[kMaxPngPasses] = {{0, 0, 8, 8, 0, 0}, {4, 0, 8, 8, 0, 0}, {0, 4, 4, 8, 0, 0},
                                                    {2, 0, 4, 4, 0, 0}, {0, 2, 2, 4, 0, 0}, {1, 0, 2, 2, 0, 0},
                                                    {0, 1, 1, 2, 0, 0}};
  if (!header.interlaced) {
    passes[0] = {0, 0, 1, 1, header.width, header.height};
    return 1;
  }
  int count = 0;
  for (PngPass pass : kAdam7) {
    pass.columns = std::max(header.width - pass.x0 + pass.dx - 1, 0) / pass.dx;
    pass.rows = std::max(header.height - pass.y0 + pass.dy - 1, 0) / pass.dy;
    if (pass.columns > 0 && pass.rows > 0) passes[count++] = pass;
  }
  return count;
}

}  // namespace fastseq
