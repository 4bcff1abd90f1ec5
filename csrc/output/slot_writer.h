// Writes finished rows of bytes to the slot: transposed, converted and laid out as the batch requires.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "base/stage_clock.h"
#include "output/slot_format.h"

namespace fastseq {

// Rows come in stored order. Without `transpose`, a row of `width` pixels becomes row `position` of the slot. With it,
// a row of `height` pixels becomes column `position`.
class SlotWriter {
 public:
  // `slot` has format.bytes() bytes. `tile` provides memory where rows must be buffered. Throws std::bad_alloc.
  SlotWriter(const SlotFormat& format, bool transpose, uint8_t* slot, Buffer* tile, StageClock* clock = nullptr);

  // Where the caller writes the interleaved bytes of the row for `position`, until commit().
  uint8_t* row(int position);
  void commit(int position);
  // Writes a finished row of `count` pixels: gray, or 4-byte pixels whose last byte is dropped.
  void write(int position, const uint8_t* pixels, int pixel_size, int count);
  // Writes buffered rows. Call once, after the last row.
  void flush();

 private:
  static constexpr int kTileRows = 16;

  template <class T>
  bool is_lookup_linear() const;
  bool is_linear() const;
  void emit(int row, int column, int count, const uint8_t* pixels);
  template <class T>
  void emit_converted(int row, int column, int count, const uint8_t* pixels);

  const SlotFormat& format_;
  const bool transpose_;
  const bool direct_;  // rows are written straight into the slot
  const bool linear_;  // items are floats or doubles, and the lookup is `offset + scale * byte`
  uint8_t* slot_;
  StageClock* const clock_;
  uint8_t* tile_ = nullptr;
  size_t tile_stride_ = 0;
  int tile_first_ = -1;  // slot column of the tile's first row
};

}  // namespace fastseq
