#include "resample/horizontal_pass_cache.h"

#include <algorithm>

#include "base/limits.h"

namespace fastseq {
namespace {

std::vector<std::vector<RowSpan>> each_once(const std::vector<RowSpan>& spans) {
  std::vector<std::vector<RowSpan>> rows(1);
  for (int row : rows_read(spans)) rows[0].push_back({row, row});
  return rows;
}

}  // namespace

HorizontalPassCache::HorizontalPassCache(RowSource* source, const std::vector<RowSpan>& spans, int at_once,
                                         size_t values, ResampleScratch* scratch, const std::atomic<bool>& cancelled)
    : ring_(source, each_once(spans), &scratch->rows, cancelled), capacity_(at_once), stride_((values + 15) / 16 * 16) {
  for (size_t i = 0; i + 1 < spans.size(); ++i) capacity_ = std::max(capacity_, spans[i].last - spans[i + 1].first + 1);
  if (stride_ * sizeof(float) > scratch->rows.max_bytes / capacity_) throw TooMuchMemory();
  base_ = scratch->passes[0].reserve_as<float>(stride_ * capacity_);
  held_.assign(capacity_, -1);
}

}  // namespace fastseq
