// Horizontally filtered rows of bytes or sums: each source row is filtered once, and kept as long as needed.
#pragma once
#include <algorithm>
#include <atomic>
#include <vector>

#include "resample/scratch.h"
#include "rows/row_ring.h"

namespace fastseq {

class HorizontalPassRing {
 public:
  static constexpr int kRowsAtOnce = 2;

  // spans[i] are the rows that output row i reads, counted from the plane's y0; both ends ascend. A filtered row takes
  // `row_bytes`. `scratch` provides the memory. Throws std::bad_alloc and TooMuchMemory.
  HorizontalPassRing(RowSource* source, const std::vector<RowSpan>& spans, size_t row_bytes, ResampleScratch* scratch,
                     const std::atomic<bool>& cancelled);

  // Filters the rows of output row i. `pass(in, count, out)` filters `count` source rows, 1 or kRowsAtOnce.
  template <class Pass>
  Status advance_to(int i, Pass pass) {
    while (made_ < begins_[i] + counts_[i]) {
      const int group = made_ / kRowsAtOnce;
      const Status status = ring_.advance_to(group);
      if (status != Status::kOk) return status;
      const int count = std::min(kRowsAtOnce, static_cast<int>(rows_.size()) - made_);
      const uint8_t* in[kRowsAtOnce];
      uint8_t* out[kRowsAtOnce];
      for (int r = 0; r < count; ++r, ++made_) {
        in[r] = ring_.row(0, rows_[made_]);
        out[r] = kept(made_);
      }
      pass(in, count, out);
    }
    return Status::kOk;
  }
  // The filtered rows of output row i, from the first of its span.
  const uint8_t* const* rows(int i);
  Status drain() { return ring_.drain(); }

 private:
  uint8_t* kept(int n) { return base_ + static_cast<size_t>(n % capacity_) * stride_; }
  static std::vector<std::vector<RowSpan>> groups(const std::vector<int>& rows);

  std::vector<int> rows_;             // that any output row reads, ascending
  std::vector<int> begins_, counts_;  // of each output row, in rows_
  int capacity_ = 0;
  size_t stride_ = 0;
  uint8_t* base_ = nullptr;
  int made_ = 0;
  std::vector<const uint8_t*> pointers_;
  RowRing ring_;
};

}  // namespace fastseq
