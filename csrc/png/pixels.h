// Rows of samples to rows of 8-bit pixels.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "png/file.h"
#include "png/gray.h"
#include "rows/row_source.h"

namespace fastseq {

// The pixels that are wanted of a PNG. Transparency is ignored.
struct PngPixels {
  bool index = false;   // a palette's indices, or gray, as they are stored; for images without other colors
  bool gray = false;    // one channel
  bool packed = false;  // colors as 4-byte pixels, else as planes
  bool bgr = false;     // order of the colors
};

// For samples of up to 8 bits.
class PngConverter {
 public:
  PngConverter(const PngFile& file, const PngPixels& wanted);

  PixelLayout layout() const { return layout_; }
  // Writes the samples of `count` pixels as bytes, for a depth below 8 bits.
  void unpack(const uint8_t* row, int count, uint8_t* samples) const;
  // `samples` are bytes, and readable kernels::kReadAhead bytes past their end. planes[i] receives the row of plane i,
  // and may be written as far past its end.
  void convert(const uint8_t* samples, int count, uint8_t* const* planes) const;

 private:
  void fill_tables(const PngFile& file);
  void look_up(const uint8_t* samples, int count, uint8_t* const* planes) const;
  void weigh(const PngGray& gray, const uint8_t* samples, int count, uint8_t* out) const;
  void spread(const uint8_t* samples, int count, uint8_t* const* planes) const;

  PixelLayout layout_ = PixelLayout::kGray;
  const int channels_, depth_;  // of the file
  const bool bgr_;
  bool has_tables_ = false;
  std::optional<PngGray> gray_;  // for gray of colors
  uint8_t tables_[3][256] = {};  // a sample to each channel
  uint8_t packed_[256][4] = {};  // a sample to a 4-byte pixel
};

}  // namespace fastseq
