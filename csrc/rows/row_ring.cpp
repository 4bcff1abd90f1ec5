#include "rows/row_ring.h"

#include <algorithm>

#include "base/limits.h"
#include "kernels/read_ahead.h"

namespace fastseq {

std::vector<int> rows_read(const std::vector<RowSpan>& spans) {
  std::vector<int> rows;
  int next = 0;
  for (const RowSpan& span : spans) {
    for (next = std::max(next, span.first); next <= span.last; ++next) rows.push_back(next);
  }
  return rows;
}

RowRing::RowRing(RowSource* source, const std::vector<std::vector<RowSpan>>& spans, RowScratch* scratch,
                 const std::atomic<bool>& cancelled)
    : source_(source), cancelled_(cancelled) {
  const int outputs = static_cast<int>(spans[0].size());
  pulls_needed_.resize(outputs);
  int pulls = 0;
  for (int i = 0; i < outputs; ++i) {
    for (int p = 0; p < source->planes(); ++p) {
      pulls = std::max(pulls, spans[p][i].last / source->plane(p).rows_per_pull + 1);
    }
    pulls_needed_[i] = pulls;
  }
  size_t bytes = 0;
  for (int p = 0; p < source->planes(); ++p) {
    const SourcePlane& plane = source->plane(p);
    int alive = plane.rows_per_pull;
    for (int i = 0; i < outputs; ++i) {
      alive = std::max(alive, pulls_needed_[i] * plane.rows_per_pull - spans[p][i].first);
    }
    // A multiple of rows_per_pull, so that no pull wraps around.
    capacity_[p] = (alive + plane.rows_per_pull - 1) / plane.rows_per_pull * plane.rows_per_pull;
    stride_[p] = (static_cast<size_t>(plane.row_bytes) + kernels::kReadAhead + 63) / 64 * 64;
    bytes += stride_[p] * capacity_[p];
    if (bytes > scratch->max_bytes) throw TooMuchMemory();
    base_[p] = scratch->rings[p].reserve(stride_[p] * capacity_[p] + kRowOffset) + kRowOffset;
    const int rows = plane.height - plane.y0;
    total_pulls_ = std::max(total_pulls_, (rows + plane.rows_per_pull - 1) / plane.rows_per_pull);
  }
  needed_rows_.resize(spans[0].back().last + 1);
  for (const RowSpan& span : spans[0]) {
    std::fill(needed_rows_.begin() + span.first, needed_rows_.begin() + span.last + 1, true);
  }
  source->set_needed_rows(needed_rows_);
}

Status RowRing::pull() {
  if (cancelled_.load(std::memory_order_relaxed)) return Status::kCancelled;
  uint8_t* pointers[kMaxPlanes][kMaxRowsPerPull];
  uint8_t* const* rows[kMaxPlanes];
  for (int p = 0; p < source_->planes(); ++p) {
    const int count = source_->plane(p).rows_per_pull;
    for (int r = 0; r < count; ++r) pointers[p][r] = row(p, pulls_ * count + r);
    rows[p] = pointers[p];
  }
  ++pulls_;
  return source_->pull(rows);
}

Status RowRing::advance_to(int i) {
  while (pulls_ < pulls_needed_[i]) {
    const Status status = pull();
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status RowRing::drain() {
  while (pulls_ < total_pulls_) {
    const Status status = pull();
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

}  // namespace fastseq
