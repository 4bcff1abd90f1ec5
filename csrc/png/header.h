// The header of a PNG, and the passes that its rows come in.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace fastseq {

struct PngHeader {
  // Bits of the color type; kPalette is set together with kColored.
  static constexpr int kPalette = 1, kColored = 2, kAlpha = 4;

  int width = 0;
  int height = 0;
  int depth = 0;  // bits of a sample: 1, 2, 4, 8 or 16
  int color_type = 0;
  bool interlaced = false;

  bool is_palette() const { return color_type & kPalette; }
  bool is_colored() const { return color_type & kColored; }
  int channels() const { return (is_colored() && !is_palette() ? 3 : 1) + (color_type & kAlpha ? 1 : 0); }
  int pixel_bits() const { return depth * channels(); }
  // Of a row without its filter type.
  size_t row_bytes(int columns) const { return (static_cast<size_t>(columns) * pixel_bits() + 7) / 8; }
  // The distance, in bytes, of the byte to the left that a filter predicts from.
  int filter_distance() const { return pixel_bits() < 8 ? 1 : pixel_bits() / 8; }
};

// Checks the body of an IHDR chunk. Returns kOk or, with a message in *reason, kCorrupt.
Status read_png_header(const uint8_t* body, size_t size, PngHeader* header, std::string* reason);

// The pixels (x0 + dx * column, y0 + dy * row) of the image.
struct PngPass {
  int x0, y0, dx, dy;
  int columns, rows;
};
constexpr int kMaxPngPasses = 7;

// Writes the passes that have pixels and returns how many there are: one unless the image is interlaced.
int png_passes(const PngHeader& header, PngPass* passes);

}  // namespace fastseq
