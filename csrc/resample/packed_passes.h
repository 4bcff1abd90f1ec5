// What both orders of the two passes share, for images of gray or 4-byte pixels.
#pragma once
#include <atomic>
#include <cstdint>

#include "resample/resample.h"

namespace fastseq {

template <class Table>
struct PackedPasses {
  RowSource* source;
  const ResamplePlan& plan;
  const Table& rows;
  const Table& columns;
  SlotWriter* writer;
  ResampleScratch* scratch;
  const std::atomic<bool>& cancelled;

  int pixel_size() const { return source->layout() == PixelLayout::kGray ? 1 : 4; }
  // Writes the finished pixels of vertical entry i.
  void write(int i, const uint8_t* pixels) const {
    const int position = slot_position(plan.stored_rows(), plan.rows_reversed(), i);
    writer->write(position, pixels, pixel_size(), columns.size);
  }
};

}  // namespace fastseq
