#include "rows/decoded_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/pixels.h"

namespace fastseq {
namespace {

class PixelSource final : public RowSource {
 public:
  PixelSource(const PixelImage& image, const ImagePart& part, bool packed, bool swap)
      : image_(image), swap_(swap), next_(part.y0) {
    layout_ = image.channels == 1 ? PixelLayout::kGray : packed ? PixelLayout::kPacked4 : PixelLayout::kRgb;
    plane_.width = image.width;
    plane_.height = image.height;
    plane_.x0 = part.x0;
    plane_.y0 = part.y0;
    plane_.delivered_width = part.x1 - part.x0;
    plane_.row_bytes = plane_.delivered_width * (layout_ == PixelLayout::kPacked4 ? 4 : 1);
  }
  PixelLayout layout() const override { return layout_; }
  int planes() const override { return layout_ == PixelLayout::kRgb ? 3 : 1; }
  const SourcePlane& plane(int) const override { return plane_; }

  Status pull(uint8_t* const* const* rows) override {
    if (next_ >= image_.height) return Status::kOk;
    const uint8_t* in = image_.data + next_++ * image_.stride + plane_.x0 * image_.channels;
    const int width = plane_.delivered_width;
    switch (layout_) {
      case PixelLayout::kRgb:
        kernels::split3(in, width, swap_, rows[0][0], rows[1][0], rows[2][0]);
        break;
      case PixelLayout::kPacked4:
        kernels::widen3to4(in, width, swap_, rows[0][0]);
        break;
      default:
        std::memcpy(rows[0][0], in, static_cast<size_t>(width));
    }
    return Status::kOk;
  }
  Status finish() override { return Status::kOk; }

 private:
  const PixelImage image_;
  const bool swap_;
  PixelLayout layout_;
  SourcePlane plane_;
  int next_;
};

// Converts the 4-byte pixels of another source.
class PackedConverter : public RowSource {
 public:
  PackedConverter(std::unique_ptr<RowSource> source, Buffer* scratch)
      : source_(std::move(source)), plane_(source_->plane(0)) {
    const size_t stride = (static_cast<size_t>(plane_.row_bytes) + 127) / 64 * 64;
    uint8_t* base = scratch->reserve(stride * plane_.rows_per_pull + kRowOffset) + kRowOffset;
    for (int r = 0; r < plane_.rows_per_pull; ++r) packed_[r] = base + stride * r;
    plane_.row_bytes = plane_.delivered_width;
  }
  const SourcePlane& plane(int) const override { return plane_; }
  void set_needed_rows(const std::vector<bool>& rows) override { source_->set_needed_rows(rows); }

  Status pull(uint8_t* const* const* rows) override {
    uint8_t* const* packed[] = {packed_};
    const Status status = source_->pull(packed);
    if (status != Status::kOk) return status;
    const int count = std::min(plane_.rows_per_pull, plane_.height - plane_.y0 - done_);
    for (int r = 0; r < count; ++r) unpack(packed_[r], plane_.delivered_width, rows, r);
    done_ += count;
    return status;
  }
  Status finish() override { return source_->finish(); }

 private:
  virtual void unpack(const uint8_t* packed, int width, uint8_t* const* const* rows, int row) = 0;

  std::unique_ptr<RowSource> source_;
  SourcePlane plane_;
  uint8_t* packed_[kMaxRowsPerPull];
  int done_ = 0;
};

class PackedToPlanes final : public PackedConverter {
 public:
  using PackedConverter::PackedConverter;
  PixelLayout layout() const override { return PixelLayout::kRgb; }
  int planes() const override { return 3; }

 private:
  void unpack(const uint8_t* packed, int width, uint8_t* const* const* rows, int row) override {
    kernels::split4(packed, width, rows[0][row], rows[1][row], rows[2][row]);
  }
};

class PackedToPillowGray final : public PackedConverter {
 public:
  using PackedConverter::PackedConverter;
  PixelLayout layout() const override { return PixelLayout::kGray; }
  int planes() const override { return 1; }

 private:
  void unpack(const uint8_t* packed, int width, uint8_t* const* const* rows, int row) override {
    uint8_t* out = rows[0][row];
    for (int x = 0; x < width; ++x, packed += 4) {
      out[x] = static_cast<uint8_t>((packed[0] * 19595 + packed[1] * 38470 + packed[2] * 7471 + 0x8000) >> 16);
    }
  }
};

}  // namespace

std::unique_ptr<RowSource> open_decoded_image(const PixelImage& image, const ImagePart& part, bool packed, bool swap) {
  return std::make_unique<PixelSource>(image, part, packed, swap);
}

std::unique_ptr<RowSource> split_packed(std::unique_ptr<RowSource> source, Buffer* scratch) {
  return std::make_unique<PackedToPlanes>(std::move(source), scratch);
}

std::unique_ptr<RowSource> pillow_gray(std::unique_ptr<RowSource> source, Buffer* scratch) {
  return std::make_unique<PackedToPillowGray>(std::move(source), scratch);
}

}  // namespace fastseq
