// The last step: finished rows of bytes into the slot, turned, converted and laid out as the batch wants them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "base/stage_clock.h"
#include "output/slot_format.h"

namespace fastseq {

// Rows come in stored order. Without `transpose` a row of `width` pixels becomes row `position` of the slot, with it a
// row of `height` pixels becomes column `position`.
class SlotWriter {
 public:
  // `slot` has format.bytes() bytes. Takes memory from `tile` where it must hold rows; throws std::bad_alloc.
  SlotWriter(const SlotFormat& format, bool transpose, uint8_t* slot, Buffer* tile, StageClock* clock = nullptr);

  // Where the caller writes the interleaved bytes of the row for `position`; valid until commit().
  uint8_t* row(int position);
  void commit(int position);
  // The same for a finished row of `count` pixels of 1 or 4 bytes, gray or with a fourth byte to drop.
  void write(int position, const uint8_t* pixels, int pixel_size, int count);
  // Writes what still waits. Call once, after the last row.
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
  const bool direct_;  // rows go straight into the slot
  const bool linear_;  // items are floats or doubles that the lookup makes as `offset + scale * byte`
  uint8_t* slot_;
  StageClock* const clock_;
  uint8_t* tile_ = nullptr;
  size_t tile_stride_ = 0;
  int tile_first_ = -1;  // the slot column of the tile's first row
};

}  // namespace fastseq
