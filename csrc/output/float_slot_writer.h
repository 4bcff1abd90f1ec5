// Finished rows of float values into the slot, turned, padded, converted and laid out as the batch wants them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "base/stage_clock.h"
#include "geometry/geometry.h"
#include "output/slot_format.h"

namespace fastseq {

// Rows come in stored order. Without `transpose` a row has a pixel for each column of the geometry and becomes row
// `position` of it, with it a row has a pixel for each row and becomes column `position`.
class FloatSlotWriter {
 public:
  // Rows have `channels` values a pixel; one channel is repeated where the slot has three. `slot` has format.bytes()
  // bytes; what lies around the geometry is written here. Takes memory from `scratch`; throws std::bad_alloc.
  FloatSlotWriter(const SlotFormat& format, const Geometry& geometry, bool transpose, int channels, uint8_t* slot,
                  Buffer* scratch, StageClock* clock = nullptr);

  // Where the caller writes the values of the row for `position`, any number of times until commit(). With `transpose`
  // one float past its end may be written too.
  float* row(int position);
  void commit(int position);
  // Writes what still waits. Call once, after the last row.
  void flush();

 private:
  static constexpr int kTileRows = 16;

  void pad();
  void emit(int row, int column, int count, const float* pixels);
  void store(size_t item, int count, const float* values);

  const SlotFormat& format_;
  const int top_, left_, rows_, columns_;  // of the geometry in the slot
  const bool transpose_;
  const int channels_;
  uint8_t* slot_;
  StageClock* const clock_;
  float* tile_;    // rows that wait to be turned, or one row
  float* line_;    // one line of the tile, turned
  float* planes_;  // a line by channels, or with its channel repeated
  size_t tile_stride_;
  int tile_first_ = -1;  // the position of the tile's first row
};

}  // namespace fastseq
