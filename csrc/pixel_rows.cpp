#include "pixel_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels.h"

namespace fastseq {
namespace {

class PixelSource final : public RowSource {
 public:
  PixelSource(const PixelImage& image, bool packed, bool swap) : image_(image), swap_(swap) {
    layout_ = image.channels == 1 ? PixelLayout::kGray : packed ? PixelLayout::kPacked4 : PixelLayout::kRgb;
    plane_.width = plane_.delivered_width = image.width;
    plane_.height = image.height;
    plane_.row_bytes = image.width * (layout_ == PixelLayout::kPacked4 ? 4 : 1);
  }
  PixelLayout layout() const override { return layout_; }
  int planes() const override { return layout_ == PixelLayout::kRgb ? 3 : 1; }
  const SourcePlane& plane(int) const override { return plane_; }

  Status pull(uint8_t* const* const* rows) override {
    if (next_ >= image_.height) return Status::kOk;
    const uint8_t* in = image_.data + next_++ * image_.stride;
    switch (layout_) {
      case PixelLayout::kRgb:
        kernels::split3(in, image_.width, swap_, rows[0][0], rows[1][0], rows[2][0]);
        break;
      case PixelLayout::kPacked4:
        kernels::widen3to4(in, image_.width, swap_, rows[0][0]);
        break;
      default:
        std::memcpy(rows[0][0], in, static_cast<size_t>(image_.width));
    }
    return Status::kOk;
  }
  Status finish() override { return Status::kOk; }

 private:
  const PixelImage image_;
  const bool swap_;
  PixelLayout layout_;
  SourcePlane plane_;
  int next_ = 0;
};

class SplitSource final : public RowSource {
 public:
  SplitSource(std::unique_ptr<RowSource> source, Buffer* scratch)
      : source_(std::move(source)), plane_(source_->plane(0)) {
    const size_t stride = (static_cast<size_t>(plane_.row_bytes) + 127) / 64 * 64;
    uint8_t* base = scratch->reserve(stride * plane_.rows_per_pull + kRowOffset) + kRowOffset;
    for (int r = 0; r < plane_.rows_per_pull; ++r) packed_[r] = base + stride * r;
    plane_.row_bytes = plane_.delivered_width;
  }
  PixelLayout layout() const override { return PixelLayout::kRgb; }
  int planes() const override { return 3; }
  const SourcePlane& plane(int) const override { return plane_; }

  Status pull(uint8_t* const* const* rows) override {
    uint8_t* const* packed[] = {packed_};
    const Status status = source_->pull(packed);
    if (status != Status::kOk) return status;
    const int count = std::min(plane_.rows_per_pull, plane_.height - plane_.y0 - done_);
    for (int r = 0; r < count; ++r) {
      kernels::split4(packed_[r], plane_.delivered_width, rows[0][r], rows[1][r], rows[2][r]);
    }
    done_ += count;
    return status;
  }
  Status finish() override { return source_->finish(); }

 private:
  std::unique_ptr<RowSource> source_;
  SourcePlane plane_;
  uint8_t* packed_[kMaxRowsPerPull];
  int done_ = 0;
};

}  // namespace

std::unique_ptr<RowSource> open_pixels(const PixelImage& image, bool packed, bool swap) {
  return std::make_unique<PixelSource>(image, packed, swap);
}

std::unique_ptr<RowSource> split_packed(std::unique_ptr<RowSource> source, Buffer* scratch) {
  return std::make_unique<SplitSource>(std::move(source), scratch);
}

}  // namespace fastseq
