#include "resample/horizontal_pass_ring.h"

#include "base/limits.h"
#include "kernels/read_ahead.h"

namespace fastseq {
std::vector<std::vector<RowSpan>> HorizontalPassRing::groups(const std::vector<int>& rows) {
  std::vector<std::vector<RowSpan>> spans(1);
  const size_t count = rows.size();
  for (size_t i = 0; i < count; i += kRowsAtOnce) {
    spans[0].push_back({rows[i], rows[std::min(i + kRowsAtOnce, count) - 1]});
  }
  return spans;
}

HorizontalPassRing::HorizontalPassRing(RowSource* source, const std::vector<RowSpan>& spans, size_t row_bytes,
                                       ResampleScratch* scratch, const std::atomic<bool>& cancelled)
    : rows_(rows_read(spans)), ring_(source, groups(rows_), &scratch->rows, cancelled) {
  int max_rows = 1;
  for (const RowSpan& span : spans) {
    const auto first = std::lower_bound(rows_.begin(), rows_.end(), span.first);
    begins_.push_back(static_cast<int>(first - rows_.begin()));
    counts_.push_back(span.last - span.first + 1);
    max_rows = std::max(max_rows, counts_.back());
  }
  capacity_ = max_rows + kRowsAtOnce - 1;
  pointers_.resize(max_rows);
  stride_ = (row_bytes + kernels::kReadAhead + 63) / 64 * 64;
  if (stride_ * capacity_ > scratch->rows.max_bytes) throw TooMuchMemory();
  base_ = scratch->passes[0].reserve(stride_ * capacity_);
}

const uint8_t* const* HorizontalPassRing::rows(int i) {
  for (int t = 0; t < counts_[i]; ++t) pointers_[t] = kept(begins_[i] + t);
  return pointers_.data();
}

}  // namespace fastseq
