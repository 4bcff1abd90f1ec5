#include "png/pixels.h"

#include <algorithm>
#include <cstring>

#include "kernels/pixels.h"

namespace fastseq {

PngConverter::PngConverter(const PngFile& file, const PngPixels& wanted)
    : channels_(file.header.channels()), depth_(file.header.depth), bgr_(wanted.bgr) {
  if (wanted.index) return;
  if (file.header.is_colored() && wanted.gray) gray_.emplace(file.gamma);
  if (file.header.is_colored() && !wanted.gray) layout_ = wanted.packed ? PixelLayout::kPacked4 : PixelLayout::kRgb;
  has_tables_ = file.header.is_palette() || depth_ < 8;
  if (has_tables_) fill_tables(file);
}

void PngConverter::fill_tables(const PngFile& file) {
  if (!file.header.is_palette()) {
    const int max = (1 << depth_) - 1;
    for (int i = 0; i <= max; ++i) tables_[0][i] = static_cast<uint8_t>(i * 255 / max);
    return;
  }
  for (int i = 0; i < file.palette_colors; ++i) {  // the colors that are missing stay black, as libpng has them
    const uint8_t* color = file.palette + 3 * i;
    if (gray_) tables_[0][i] = gray_->of(color[0], color[1], color[2]);
    for (int c = 0; c < 3 && !gray_; ++c) packed_[i][c] = tables_[c][i] = color[bgr_ ? 2 - c : c];
  }
}

void PngConverter::unpack(const uint8_t* row, int count, uint8_t* samples) const {
  const int per_byte = 8 / depth_, mask = (1 << depth_) - 1;
  for (int i = 0; i < count; i += per_byte, ++row) {
    const int here = std::min(per_byte, count - i);
    for (int k = 0; k < here; ++k) samples[i + k] = static_cast<uint8_t>(*row >> (8 - depth_ * (k + 1)) & mask);
  }
}

void PngConverter::convert(const uint8_t* samples, int count, uint8_t* const* planes) const {
  if (has_tables_) {
    look_up(samples, count, planes);
  } else if (layout_ != PixelLayout::kGray) {
    spread(samples, count, planes);
  } else if (gray_) {
    weigh(*gray_, samples, count, planes[0]);
  } else if (channels_ == 1) {
    std::memcpy(planes[0], samples, static_cast<size_t>(count));
  } else {
    for (int x = 0; x < count; ++x) planes[0][x] = samples[2 * x];
  }
}

void PngConverter::look_up(const uint8_t* samples, int count, uint8_t* const* planes) const {
  if (layout_ == PixelLayout::kPacked4) {
    for (int x = 0; x < count; ++x) std::memcpy(planes[0] + 4 * x, packed_[samples[x]], 4);
    return;
  }
  const int channels = layout_ == PixelLayout::kRgb ? 3 : 1;
  for (int c = 0; c < channels; ++c) {
    for (int x = 0; x < count; ++x) planes[c][x] = tables_[c][samples[x]];
  }
}

void PngConverter::weigh(const PngGray& gray, const uint8_t* samples, int count, uint8_t* out) const {
  for (int x = 0; x < count; ++x, samples += channels_) out[x] = gray.of(samples[0], samples[1], samples[2]);
}

void PngConverter::spread(const uint8_t* samples, int count, uint8_t* const* planes) const {
  if (layout_ == PixelLayout::kPacked4) {
    (channels_ == 3 ? kernels::widen3to4 : kernels::reorder4)(samples, count, bgr_, planes[0]);
    return;
  }
  uint8_t* const red = planes[bgr_ ? 2 : 0];
  uint8_t* const blue = planes[bgr_ ? 0 : 2];
  if (channels_ == 3) {
    kernels::split3(samples, count, false, red, planes[1], blue);
  } else {
    kernels::split4(samples, count, red, planes[1], blue);
  }
}

}  // namespace fastseq
