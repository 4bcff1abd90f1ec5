#include "output/slot_writer.h"

#include <cstring>

#include "kernels/pixels.h"
#include "kernels/store_floats.h"

namespace fastseq {

SlotWriter::SlotWriter(const SlotFormat& format, bool transpose, uint8_t* slot, Buffer* tile, StageClock* clock)
    : format_(format),
      transpose_(transpose),
      direct_(!transpose && format.lookup.empty() && (!format.channels_first || format.channels == 1)),
      linear_(is_linear()),
      slot_(slot),
      clock_(clock) {
  if (direct_) return;
  const int pixels = transpose ? format.height : format.width;
  tile_stride_ = static_cast<size_t>(pixels) * format.channels;
  // A tile of rows, and one transposed line of it.
  tile_ = tile->reserve((tile_stride_ + kTileRows * 4) * kTileRows);
}

uint8_t* SlotWriter::row(int position) {
  if (direct_) return slot_ + static_cast<size_t>(position) * format_.width * format_.channels;
  if (!transpose_) return tile_;
  const int first = position / kTileRows * kTileRows;
  if (first != tile_first_) {
    flush();
    tile_first_ = first;
  }
  return tile_ + tile_stride_ * (position - first);
}

void SlotWriter::commit(int position) {
  if (direct_ || transpose_) return;
  const StageScope scope(clock_, Stage::kWrite);
  emit(position, 0, format_.width, tile_);
}

void SlotWriter::write(int position, const uint8_t* pixels, int pixel_size, int count) {
  uint8_t* out = row(position);
  if (pixel_size == 4) {
    kernels::narrow4to3(pixels, count, out);
  } else if (format_.channels == 3) {
    kernels::repeat_gray(pixels, count, out);
  } else {
    std::memcpy(out, pixels, count);
  }
  commit(position);
}

void SlotWriter::flush() {
  if (direct_ || !transpose_ || tile_first_ < 0) return;
  const StageScope scope(clock_, Stage::kWrite);
  const int channels = format_.channels;
  const int count = tile_first_ + kTileRows <= format_.width ? kTileRows : format_.width - tile_first_;
  uint8_t* line = tile_ + tile_stride_ * kTileRows;
  for (int y = 0; y < format_.height; ++y) {
    const uint8_t* in = tile_ + static_cast<size_t>(y) * channels;
    uint8_t* out = line;
    if (channels == 3) {
      for (int i = 0; i < count; ++i, in += tile_stride_, out += 3) {
        out[0] = in[0];
        out[1] = in[1];
        out[2] = in[2];
      }
    } else {
      for (int i = 0; i < count; ++i, in += tile_stride_) *out++ = *in;
    }
    emit(y, tile_first_, count, line);
  }
  tile_first_ = -1;
}

template <class T>
bool SlotWriter::is_lookup_linear() const {
  const T* lookup = reinterpret_cast<const T*>(format_.lookup.data());
  const T* scale = format_.scaling[0].scale(T());
  const T* offset = format_.scaling[0].offset(T());
  for (int c = 0; c < format_.channels; ++c, lookup += 256) {
    for (int i = 0; i < 256; ++i) {
      if (lookup[i] != offset[c] + scale[c] * static_cast<T>(i)) return false;
    }
  }
  return true;
}

bool SlotWriter::is_linear() const {
  if (format_.lookup.empty() || format_.channels_first) return false;
  if (format_.item_bytes == sizeof(float)) return is_lookup_linear<float>();
  return format_.item_bytes == sizeof(double) && is_lookup_linear<double>();
}

template <class T>
void SlotWriter::emit_converted(int row, int column, int count, const uint8_t* pixels) {
  T* slot = reinterpret_cast<T*>(slot_);
  const int channels = format_.channels;
  const T* lookup = reinterpret_cast<const T*>(format_.lookup.data());
  const auto convert = [lookup](int c, uint8_t value) {
    return sizeof(T) == 1 ? static_cast<T>(value) : lookup[256 * c + value];
  };
  const size_t at = static_cast<size_t>(row) * format_.width + column;
  if (!format_.channels_first) {
    T* out = slot + at * channels;
    if (sizeof(T) == 1) {  // bytes stay as they are
      std::memcpy(out, pixels, static_cast<size_t>(count) * channels);
      return;
    }
    for (int i = 0; i < count; ++i) {
      for (int c = 0; c < channels; ++c) *out++ = convert(c, *pixels++);
    }
    return;
  }
  const size_t plane = static_cast<size_t>(format_.height) * format_.width;
  for (int c = 0; c < channels; ++c) {
    T* out = slot + c * plane + at;
    for (int i = 0; i < count; ++i) out[i] = convert(c, pixels[i * channels + c]);
  }
}

void SlotWriter::emit(int row, int column, int count, const uint8_t* pixels) {
  if (linear_) {
    const size_t item = (static_cast<size_t>(row) * format_.width + column) * format_.channels;
    return kernels::store_bytes(pixels, count * format_.channels, format_.item_bytes, format_.scaling[0],
                                format_.is_large(), slot_ + item * format_.item_bytes);
  }
  switch (format_.item_bytes) {
    case 2:
      return emit_converted<uint16_t>(row, column, count, pixels);
    case 4:
      return emit_converted<uint32_t>(row, column, count, pixels);
    case 8:
      return emit_converted<uint64_t>(row, column, count, pixels);
    default:
      return emit_converted<uint8_t>(row, column, count, pixels);
  }
}

}  // namespace fastseq
