// Keeps the few rows of each plane that the current output row needs.
#pragma once
#include <atomic>
#include <vector>

#include "rows/row_source.h"
#include "rows/scratch.h"

namespace fastseq {

// The rows [first, last] of a plane that an output row reads, counted from the plane's y0. Both ends ascend from one
// output row to the next.
struct RowSpan {
  int first, last;
};

// Returns all rows that any output row reads, ascending.
std::vector<int> rows_read(const std::vector<RowSpan>& spans);

class RowRing {
 public:
  // spans[p][i] is what output row i reads of plane p. `scratch` provides the memory. Throws std::bad_alloc and
  // TooMuchMemory.
  RowRing(RowSource* source, const std::vector<std::vector<RowSpan>>& spans, RowScratch* scratch,
          const std::atomic<bool>& cancelled);

  // Pulls until the rows of output row i are available.
  Status advance_to(int i);
  // Pulls the rest of the image, so that damage at its end is detected.
  Status drain();
  // Readable for kernels::kReadAhead bytes past its end.
  uint8_t* row(int plane, int index) {
    return base_[plane] + static_cast<size_t>(index % capacity_[plane]) * stride_[plane];
  }

 private:
  Status pull();

  RowSource* source_;
  const std::atomic<bool>& cancelled_;
  std::vector<int> pulls_needed_;  // of each output row
  std::vector<bool> needed_rows_;  // of plane 0
  int pulls_ = 0;
  int total_pulls_ = 0;
  uint8_t* base_[kMaxPlanes] = {};
  int capacity_[kMaxPlanes] = {};
  size_t stride_[kMaxPlanes] = {};
};

}  // namespace fastseq
