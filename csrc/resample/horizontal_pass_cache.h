// Horizontally filtered rows of floats: each source row is filtered once, and kept while output rows need it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "resample/scratch.h"
#include "rows/row_ring.h"

namespace fastseq {

class HorizontalPassCache {
 public:
  // spans[i] are the source rows that output row i reads; both ends ascend. The last `at_once` requested rows stay
  // valid. `values` is the number of floats in a filtered row. `scratch` provides the memory. Throws std::bad_alloc and
  // TooMuchMemory.
  HorizontalPassCache(RowSource* source, const std::vector<RowSpan>& spans, int at_once, size_t values,
                      ResampleScratch* scratch, const std::atomic<bool>& cancelled);

  // Returns filtered row `wanted`, computed by `pass(bytes, out)` unless it is cached. Output rows must come in
  // ascending order.
  template <class Pass>
  Status get(int wanted, Pass pass, const float** row) {
    const int place = wanted % capacity_;
    float* values = base_ + stride_ * place;
    *row = values;
    if (held_[place] == wanted) return Status::kOk;
    const Status status = ring_.advance_to(next_++);
    if (status != Status::kOk) return status;
    pass(static_cast<const uint8_t*>(ring_.row(0, wanted)), values);
    held_[place] = wanted;
    return Status::kOk;
  }
  Status drain() { return ring_.drain(); }

 private:
  RowRing ring_;  // has one output row for each source row that is read
  int capacity_;
  size_t stride_;
  float* base_;
  std::vector<int> held_;
  int next_ = 0;
};

}  // namespace fastseq
