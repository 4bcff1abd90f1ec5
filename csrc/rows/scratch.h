// Memory of a RowRing.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "rows/row_source.h"

namespace fastseq {

struct RowScratch {
  size_t max_bytes = SIZE_MAX;  // of the rows of one image; set for each sample
  Buffer rings[kMaxPlanes];

  void trim(size_t keep) {
    for (Buffer& buffer : rings) buffer.trim(keep);
  }
};

}  // namespace fastseq
