// Writes finished rows of floats to the slot: transposed, padded, converted and laid out as the batch requires.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "base/stage_clock.h"
#include "geometry/geometry.h"
#include "output/slot_format.h"

namespace fastseq {

// Rows come in stored order. Without `transpose`, a row has one pixel for each column of the geometry and becomes its
// row `position`. With it, a row has one pixel for each row of the geometry and becomes its column `position`.
class FloatSlotWriter {
 public:
  // Rows have `channels` values per pixel; a single channel is repeated where the slot has three. `slot` has
  // format.bytes() bytes; padding around the geometry is written here. `scratch` provides the memory. Throws
  // std::bad_alloc.
  FloatSlotWriter(const SlotFormat& format, const Geometry& geometry, bool transpose, int channels, uint8_t* slot,
                  Buffer* scratch, StageClock* clock = nullptr);

  // Where the caller writes the row for `position`, any number of times until commit(). With `transpose`, one float
  // past its end may be written too.
  float* row(int position);
  void commit(int position);
  // Writes buffered rows. Call once, after the last row.
  void flush();

 private:
  static constexpr int kTileRows = 16;

  void pad();
  void emit(int row, int column, int count, const float* pixels);
  void store(int plane, size_t item, int count, const float* values);

  const SlotFormat& format_;
  const int top_, left_, rows_, columns_;  // the geometry's place in the slot
  const bool transpose_;
  const int channels_;
  uint8_t* slot_;
  StageClock* const clock_;
  float* tile_;    // rows to be transposed, or one row
  float* line_;    // one transposed line of the tile
  float* planes_;  // a line split by channel, or with its channel repeated
  size_t tile_stride_;
  int tile_first_ = -1;  // position of the tile's first row
};

}  // namespace fastseq
