#include "output/float_slot_writer.h"

#include <algorithm>

#include "kernels/store_floats.h"

namespace fastseq {

FloatSlotWriter::FloatSlotWriter(const SlotFormat& format, const Geometry& geometry, bool transpose, int channels,
                                 uint8_t* slot, Buffer* scratch, StageClock* clock)
    : format_(format),
      top_(geometry.rows.pad),
      left_(geometry.columns.pad),
      rows_(geometry.rows.length),
      columns_(geometry.columns.length),
      transpose_(transpose),
      channels_(channels),
      slot_(slot),
      clock_(clock),
      tile_stride_(static_cast<size_t>(transpose ? rows_ : columns_) * channels + 1) {
  const size_t tile = tile_stride_ * (transpose ? kTileRows : 1);
  const size_t line = static_cast<size_t>(std::max(format.width, kTileRows)) * format.channels;
  tile_ = scratch->reserve_as<float>(tile + 2 * line);
  line_ = tile_ + tile;
  planes_ = line_ + line;
  if (rows_ != format.height || columns_ != format.width) pad();
}

float* FloatSlotWriter::row(int position) {
  if (!transpose_) return tile_;
  const int first = position / kTileRows * kTileRows;
  if (first != tile_first_) {
    flush();
    tile_first_ = first;
  }
  return tile_ + tile_stride_ * (position - first);
}

void FloatSlotWriter::commit(int position) {
  if (transpose_) return;
  const StageScope scope(clock_, Stage::kWrite);
  emit(top_ + position, left_, columns_, tile_);
}

void FloatSlotWriter::flush() {
  if (tile_first_ < 0) return;
  const StageScope scope(clock_, Stage::kWrite);
  const int count = std::min(kTileRows, columns_ - tile_first_);
  for (int y = 0; y < rows_; ++y) {
    const float* in = tile_ + static_cast<size_t>(y) * channels_;
    float* out = line_;
    for (int i = 0; i < count; ++i, in += tile_stride_) out = std::copy(in, in + channels_, out);
    emit(top_ + y, left_ + tile_first_, count, line_);
  }
  tile_first_ = -1;
}

void FloatSlotWriter::pad() {
  const int right = left_ + columns_;
  std::fill(line_, line_ + static_cast<size_t>(format_.width) * format_.channels, 0.0f);
  for (int y = 0; y < format_.height; ++y) {
    if (y < top_ || y >= top_ + rows_) {
      emit(y, 0, format_.width, line_);
    } else {
      emit(y, 0, left_, line_);
      emit(y, right, format_.width - right, line_);
    }
  }
}

void FloatSlotWriter::emit(int row, int column, int count, const float* pixels) {
  const size_t at = static_cast<size_t>(row) * format_.width + column;
  const size_t plane = static_cast<size_t>(format_.height) * format_.width;
  const int channels = format_.channels;
  if (format_.channels_first && channels_ == 3) {
    float* split[3] = {planes_, planes_ + count, planes_ + 2 * static_cast<size_t>(count)};
    kernels::split_values(pixels, count, split[0], split[1], split[2]);
    for (int c = 0; c < 3; ++c) store(c, c * plane + at, count, split[c]);
  } else if (format_.channels_first) {
    for (int c = 0; c < channels; ++c) store(c, c * plane + at, count, pixels);
  } else if (channels_ == channels) {
    store(0, at * channels, count * channels, pixels);
  } else {
    for (int i = 0; i < count; ++i) std::fill_n(planes_ + 3 * static_cast<size_t>(i), 3, pixels[i]);
    store(0, at * channels, count * channels, planes_);
  }
}

void FloatSlotWriter::store(int plane, size_t item, int count, const float* values) {
  uint8_t* out = slot_ + item * format_.item_bytes;
  if (format_.uint16_items) return kernels::store_uint16(values, count, reinterpret_cast<uint16_t*>(out));
  kernels::store_values(values, count, format_.item_bytes, format_.scaling[plane], format_.is_large(), out);
}

}  // namespace fastseq
