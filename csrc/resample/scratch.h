// Memory that the resamplers of one thread reuse.
#pragma once
#include <cstddef>

#include "base/buffer.h"
#include "base/stage_clock.h"
#include "filters/triangle_table_cache.h"
#include "rows/scratch.h"

namespace fastseq {

struct ResampleScratch {
  RowScratch rows;
  Buffer passes[4];  // rows between the two passes, and finished rows
  Buffer tile;       // of the slot writer
  TriangleTableCache filters;
  StageClock* clock = nullptr;

  void trim(size_t keep) {
    rows.trim(keep);
    for (Buffer& buffer : passes) buffer.trim(keep);
    tile.trim(keep);
    filters.trim(keep);
  }
};

}  // namespace fastseq
