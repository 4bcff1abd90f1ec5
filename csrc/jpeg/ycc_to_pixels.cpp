#include "jpeg/ycc_to_pixels.h"

#include <algorithm>
#include <utility>

#include "jpeg/upsample.h"

namespace fastseq {
namespace {

class YccToPixels final : public RowSource {
 public:
  YccToPixels(std::unique_ptr<RowSource> source, const JpegRequest& request, JpegScratch* scratch)
      : source_(std::move(source)), bgr_(request.bgr), clock_(request.clock), plane_(source_->plane(0)) {
    for (int i = 0; i < kMaxPlanes; ++i) {
      const SourcePlane& p = source_->plane(i);
      stride_[i] = (static_cast<size_t>(p.row_bytes) + 2 * kUpsampleSlack + 63) / 64 * 64;
      // Two pulls are kept, with room for one sample before each row.
      base_[i] = scratch->planes[i].reserve(stride_[i] * 2 * p.rows_per_pull + 64) + 64;
      delay_ = std::max(delay_, p.triangle_v ? 1 : 0);
    }
    const size_t wide = static_cast<size_t>(plane_.delivered_width) + 4 * 8 + 4 * kUpsampleSlack;
    chroma_[0] = scratch->chroma.reserve(2 * wide);
    chroma_[1] = chroma_[0] + wide;
    row_ = plane_.y0 - delay_;
    last_pulled_ = plane_.y0 - 1;
    plane_.y0 -= delay_;
    plane_.row_bytes = 4 * (plane_.delivered_width + kUpsampleSlack);
  }

  PixelLayout layout() const override { return PixelLayout::kPacked4; }
  int planes() const override { return 1; }
  const SourcePlane& plane(int) const override { return plane_; }
  void set_needed_rows(const std::vector<bool>& rows) override { needed_rows_ = &rows; }
  Status finish() override { return source_->finish(); }

  Status pull(uint8_t* const* const* rows) override {
    if (last_pulled_ < plane_.height - 1) {
      const Status status = pull_planes();
      if (status != Status::kOk) return status;
    }
    const StageScope scope(clock_, Stage::kTransform);
    for (int r = 0; r < plane_.rows_per_pull && row_ < plane_.height; ++r, ++row_) {
      if (row_ < plane_.y0 + delay_ || !is_needed(row_ - plane_.y0)) continue;
      const uint8_t* cb = chroma_row(1, chroma_[0]);
      const uint8_t* cr = chroma_row(2, chroma_[1]);
      ycc_to_packed4(plane_row(0, row_), cb, cr, plane_.delivered_width, bgr_, rows[0][r]);
    }
    return Status::kOk;
  }

 private:
  bool is_needed(int row) const {
    return !needed_rows_ || (static_cast<size_t>(row) < needed_rows_->size() && (*needed_rows_)[row]);
  }

  uint8_t* plane_row(int i, int row) {
    const SourcePlane& p = source_->plane(i);
    return base_[i] + stride_[i] * static_cast<size_t>((row - p.y0) % (2 * p.rows_per_pull));
  }

  Status pull_planes() {
    uint8_t* pointers[kMaxPlanes][kMaxRowsPerPull];
    uint8_t* const* rows[kMaxPlanes];
    const int pulls = (last_pulled_ + 1 - source_->plane(0).y0) / plane_.rows_per_pull;
    for (int i = 0; i < kMaxPlanes; ++i) {
      const SourcePlane& p = source_->plane(i);
      for (int r = 0; r < p.rows_per_pull; ++r) pointers[i][r] = plane_row(i, p.y0 + pulls * p.rows_per_pull + r);
      rows[i] = pointers[i];
    }
    const Status status = source_->pull(rows);
    if (status != Status::kOk) return status;
    last_pulled_ += plane_.rows_per_pull;
    for (int i = 1; i < kMaxPlanes; ++i) {
      const SourcePlane& p = source_->plane(i);
      if (!p.triangle_h) continue;
      for (int r = 0; r < p.rows_per_pull; ++r) {  // upsample_h2 reads past the edges
        uint8_t* row = pointers[i][r];
        row[-1] = row[0];
        row[p.delivered_width] = row[p.delivered_width - 1];
      }
    }
    return Status::kOk;
  }

  // Returns plane i upsampled to row_ and to the luma plane's width: in `out`, or in place.
  const uint8_t* chroma_row(int i, uint8_t* out) {
    const SourcePlane& p = source_->plane(i);
    const int near = row_ / p.upsampling_v;
    const bool lower = row_ % 2 == 1;
    const int far = std::clamp(lower ? near + 1 : near - 1, p.y0, p.height - 1);
    const uint8_t* row = plane_row(i, near);
    if (p.triangle_h && p.triangle_v) {
      upsample_h2v2(row, plane_row(i, far), p.delivered_width, out);
    } else if (p.triangle_h) {
      upsample_h2(row, p.delivered_width, out);
    } else if (p.triangle_v) {
      upsample_v2(row, plane_row(i, far), lower, p.delivered_width, out);
    } else if (p.upsampling_h > 1) {
      upsample_repeat(row, p.upsampling_h, p.delivered_width, out);
    } else {
      return row;
    }
    return out;
  }

  std::unique_ptr<RowSource> source_;
  const bool bgr_;
  StageClock* const clock_;
  SourcePlane plane_;
  const std::vector<bool>* needed_rows_ = nullptr;
  uint8_t* base_[kMaxPlanes];
  size_t stride_[kMaxPlanes];
  uint8_t* chroma_[2];
  int delay_ = 0;        // rows
  int row_ = 0;          // the next row to deliver
  int last_pulled_ = 0;  // the last luma row pulled
};

}  // namespace

std::unique_ptr<RowSource> ycc_to_pixels(std::unique_ptr<RowSource> source, const JpegRequest& request,
                                         JpegScratch* scratch) {
  return std::make_unique<YccToPixels>(std::move(source), request, scratch);
}

}  // namespace fastseq
