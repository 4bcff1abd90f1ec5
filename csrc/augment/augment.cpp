#include "augment/augment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/store_floats.h"

namespace fastseq {
namespace {

struct Range {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();

  void add(float value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Strides of an image in the format's layout.
struct Layout {
  explicit Layout(const SlotFormat& format)
      : pixel(format.channels_first ? 1 : format.channels),
        channel(format.channels_first ? static_cast<size_t>(format.height) * format.width : 1) {}
  const size_t pixel, channel;
};

AffineMap affine_map(const SlotFormat& format, const Augment& augment, const AugmentDraws& draws) {
  AffineMap map;
  map.height = format.height;
  map.width = format.width;
  std::copy(draws.m, draws.m + 4, map.m);
  std::copy(draws.shift, draws.shift + 2, map.shift);
  map.flip_rows = draws.flip_rows != 0;
  map.flip_columns = draws.flip_columns != 0;
  map.fill_mode = augment.fill_mode;
  map.fill_value = augment.fill_value;
  map.interpolate = augment.interpolate;
  return map;
}

// Widens pixels to four floats and appends two rows that AffineRow may read.
const float* pack4(const float* image, const SlotFormat& format, Buffer* buffer) {
  const Layout layout(format);
  const size_t pixels = static_cast<size_t>(format.height) * format.width, all = pixels + 2 * format.width;
  float* packed = buffer->reserve_as<float>(4 * all);
  const auto pack = [&](auto channels) {
    for (size_t i = 0; i < pixels; ++i) {
      for (int c = 0; c < 4; ++c) packed[4 * i + c] = c < channels ? image[i * layout.pixel + c * layout.channel] : 0;
    }
  };
  if (format.channels == 3) {
    pack(std::integral_constant<int, 3>());
  } else {
    pack(std::integral_constant<int, 1>());
  }
  std::fill(packed + 4 * pixels, packed + 4 * all, 0.f);
  return packed;
}

// Writes a row of four-value pixels to the slot. `row` has room for one.
void store_row(const float* pixels, const SlotFormat& format, int y, const kernels::ItemScaling& scaling, float* row,
               float* slot) {
  const Layout layout(format);
  const int width = format.width, channels = format.channels;
  const auto store = [&](int count, float* out) {
    kernels::store_values(row, count, sizeof(float), scaling, format.is_large(), reinterpret_cast<uint8_t*>(out));
  };
  float* out = slot + static_cast<size_t>(y) * width * layout.pixel;
  if (channels == 3 && !format.channels_first) {
    for (int x = 0; x < width; ++x) std::copy(pixels + 4 * x, pixels + 4 * x + 3, row + 3 * x);
    return store(3 * width, out);
  }
  for (int c = 0; c < channels; ++c) {
    for (int x = 0; x < width; ++x) row[x] = pixels[4 * x + c];
    store(width, out + c * layout.channel);
  }
}

template <class Row>
void map_rows(const SlotFormat& format, float factor, float* slot, AugmentScratch* scratch, Row row) {
  float* finished = scratch->row.reserve_as<float>(3 * static_cast<size_t>(format.width));
  const kernels::ItemScaling scaling(factor);
  for (int y = 0; y < format.height; ++y) store_row(row(y), format, y, scaling, finished, slot);
}

void map_image(const AffineMap& map, const uint8_t* image, const SlotFormat& format, float factor, float* slot,
               AugmentScratch* scratch) {
  AffineRow row(map, scratch);
  map_rows(format, factor, slot, scratch, [&](int y) { return row.from_bytes(y, image, format.channels); });
}

void map_image(const AffineMap& map, const float* image, const SlotFormat& format, float factor, float* slot,
               AugmentScratch* scratch) {
  const float* packed = pack4(image, format, &scratch->packed);
  AffineRow row(map, scratch);
  map_rows(format, factor, slot, scratch, [&](int y) { return row.from_floats(y, packed); });
}

// Without an affine map, pixels only move.
template <class T>
void flip(const T* image, const Layout& from, const SlotFormat& format, const AugmentDraws& draws, float factor,
          float* slot) {
  const Layout to(format);
  for (int y = 0; y < format.height; ++y) {
    const int row = draws.flip_rows != 0 ? format.height - 1 - y : y;
    const T* line = image + static_cast<size_t>(row) * format.width * from.pixel;
    float* out = slot + static_cast<size_t>(y) * format.width * to.pixel;
    for (int x = 0; x < format.width; ++x, out += to.pixel) {
      const T* in = line + (draws.flip_columns != 0 ? format.width - 1 - x : x) * from.pixel;
      for (int c = 0; c < format.channels; ++c) {
        out[c * to.channel] = static_cast<float>(in[c * from.channel]) * factor;
      }
    }
  }
}

// PIL.ImageEnhance.Brightness of one byte: a blend with black, clamped.
uint8_t brighten(int value, float factor) {
  const float product = factor * static_cast<float>(value);
  return !(product > 0) ? 0 : product >= 255 ? 255 : static_cast<uint8_t>(product);
}

// As Keras does, by way of bytes: values outside their range are rescaled to it and back.
void change_brightness(float factor, const Range& range, size_t count, float* values) {
  float bright[256];
  for (int i = 0; i < 256; ++i) bright[i] = brighten(i, factor);
  const auto byte_of = [](float value) { return value > 0 ? static_cast<uint8_t>(std::min(value, 255.f)) : 0; };
  if (range.low >= 0 && range.high <= 255) {
    for (size_t i = 0; i < count; ++i) values[i] = bright[byte_of(values[i])];
    return;
  }
  const float extent = range.high - range.low;
  for (size_t i = 0; i < count; ++i) {
    const float share = extent != 0 ? (values[i] - range.low) / extent : values[i] - range.low;
    values[i] = bright[byte_of(share * 255)] / 255 * extent + range.low;
  }
}

// Both need the range of the whole image.
void change_values(const SlotFormat& format, const AugmentDraws& draws, float factor, float* slot) {
  const size_t count = static_cast<size_t>(format.height) * format.width * format.channels;
  Range range;
  for (size_t i = 0; i < count; ++i) range.add(slot[i]);
  if (!std::isnan(draws.channel_shift)) {
    const Range limits = range;
    const float shift = static_cast<float>(draws.channel_shift);
    range = Range();
    for (size_t i = 0; i < count; ++i) {
      slot[i] = std::min(std::max(slot[i] + shift, limits.low), limits.high);
      range.add(slot[i]);
    }
  }
  if (!std::isnan(draws.brightness)) change_brightness(static_cast<float>(draws.brightness), range, count, slot);
  for (size_t i = 0; i < count; ++i) slot[i] *= factor;
}

template <class T>
void augment_image(const T* image, const Layout& from, const SlotFormat& format, const Augment& augment,
                   const AugmentDraws& draws, float* slot, AugmentScratch* scratch) {
  const bool changes = !std::isnan(draws.channel_shift) || !std::isnan(draws.brightness);
  const float factor = changes ? 1 : augment.factor;
  const AffineMap map = affine_map(format, augment, draws);
  if (draws.is_affine != 0 && map.is_finite()) {
    map_image(map, image, format, factor, slot, scratch);
  } else {
    flip(image, from, format, draws, factor, slot);
  }
  if (changes) change_values(format, draws, augment.factor, slot);
}

}  // namespace

void augment_bytes(const uint8_t* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                   float* slot, AugmentScratch* scratch) {
  SlotFormat interleaved = format;
  interleaved.channels_first = false;
  augment_image(image, Layout(interleaved), format, augment, draws, slot, scratch);
}

void augment_floats(const float* image, const SlotFormat& format, const Augment& augment, const AugmentDraws& draws,
                    float* slot, AugmentScratch* scratch) {
  augment_image(image, Layout(format), format, augment, draws, slot, scratch);
}

}  // namespace fastseq
