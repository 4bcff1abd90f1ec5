#include "png/source.h"

#include <cstring>
#include <utility>

#include "kernels/read_ahead.h"
#include "png/inflate.h"
#include "png/parse.h"
#include "png/unfilter.h"

namespace fastseq {
namespace {

constexpr size_t kSlack = kernels::kReadAhead;
static_assert(kSlack >= kUnfilterReadAhead);

class PngSource final : public RowSource {
 public:
  PngSource(const PngFile& file, const PngRequest& request, PngScratch* scratch)
      : header_(file.header), clock_(request.clock), scratch_(scratch), converter_(file, request.pixels) {
    plane_.width = plane_.delivered_width = header_.width;
    plane_.height = header_.height;
    plane_.row_bytes = header_.width * (layout() == PixelLayout::kPacked4 ? 4 : 1);
    pass_count_ = png_passes(header_, passes_);
  }

  Status open(const PngFile& file, int64_t memory_bytes, const std::atomic<bool>& cancelled, std::string* reason) {
    const StageScope scope(clock_, Stage::kEntropy);
    const int64_t scanline_bytes = this->scanline_bytes();
    const int64_t image_bytes = header_.interlaced ? header_.height * static_cast<int64_t>(image_stride()) : 0;
    const int64_t copied_bytes = file.one_idat ? 0 : static_cast<int64_t>(file.image_data_bytes);
    if (scanline_bytes + image_bytes + copied_bytes > memory_bytes) return Status::kTooMuchMemory;

    const uint8_t* data = image_data(file, &scratch_->image_data);
    const size_t size = static_cast<size_t>(scanline_bytes);
    next_scanline_ = scratch_->scanlines.reserve(size + kSlack);
    const Status status = inflate(data, file.image_data_bytes, size, next_scanline_, cancelled, reason);
    if (status != Status::kOk) return status;
    if (!has_valid_filters()) return corrupt(reason, "an unknown filter type");
    if (header_.interlaced) return deinterlace(static_cast<size_t>(image_bytes), cancelled);
    begin_pass(passes_[0]);
    return Status::kOk;
  }

  PixelLayout layout() const override { return converter_.layout(); }
  int planes() const override { return layout() == PixelLayout::kRgb ? 3 : 1; }
  const SourcePlane& plane(int) const override { return plane_; }
  void set_needed_rows(const std::vector<bool>& rows) override { needed_rows_ = &rows; }

  Status pull(uint8_t* const* const* rows) override {
    const size_t row = static_cast<size_t>(next_row_++);
    if (row >= (needed_rows_ ? needed_rows_->size() : static_cast<size_t>(header_.height))) return Status::kOk;
    const StageScope scope(clock_, Stage::kTransform);
    const uint8_t* samples = header_.interlaced ? image_ + row * image_stride() : next_row(header_.width);
    if (needed_rows_ && !(*needed_rows_)[row]) return Status::kOk;
    if (!header_.interlaced) samples = as_bytes(samples, header_.width);
    uint8_t* planes[kMaxPlanes];
    for (int p = 0; p < this->planes(); ++p) planes[p] = rows[p][0];
    converter_.convert(samples, header_.width, planes);
    return Status::kOk;
  }

  Status finish() override { return Status::kOk; }

 private:
  size_t image_stride() const { return static_cast<size_t>(header_.width) * header_.channels(); }

  // Of all rows with their filter types.
  int64_t scanline_bytes() const {
    int64_t bytes = 0;
    for (int p = 0; p < pass_count_; ++p) {
      bytes += passes_[p].rows * static_cast<int64_t>(1 + header_.row_bytes(passes_[p].columns));
    }
    return bytes;
  }

  bool has_valid_filters() const {
    const uint8_t* scanline = next_scanline_;
    for (int p = 0; p < pass_count_; ++p) {
      const size_t stride = 1 + header_.row_bytes(passes_[p].columns);
      for (int r = 0; r < passes_[p].rows; ++r, scanline += stride) {
        if (*scanline >= kPngFilters) return false;
      }
    }
    return true;
  }

  // The row above the first one of a pass is all zeros.
  void begin_pass(const PngPass& pass) {
    const size_t zeros = header_.row_bytes(pass.columns) + kSlack;
    uint8_t* lines = scratch_->lines.reserve(zeros + image_stride() + kSlack);
    std::memset(lines, 0, zeros);
    above_ = lines;
    samples_ = lines + zeros;
    rows_left_ = pass.rows;
    rows_ready_ = 0;
  }

  // Unfilters the next row of the pass.
  const uint8_t* next_row(int columns) {
    const size_t bytes = header_.row_bytes(columns);
    if (rows_ready_ == 0) {
      rows_ready_ = unfilter(above_, bytes, header_.filter_distance(), rows_left_, next_scanline_);
    }
    above_ = next_scanline_ + 1;
    next_scanline_ += 1 + bytes;
    --rows_left_;
    --rows_ready_;
    return above_;
  }

  const uint8_t* as_bytes(const uint8_t* stored, int columns) {
    if (header_.depth == 8) return stored;
    converter_.unpack(stored, columns, samples_);
    return samples_;
  }

  Status deinterlace(size_t image_bytes, const std::atomic<bool>& cancelled) {
    const size_t pixel_bytes = static_cast<size_t>(header_.channels());
    image_ = scratch_->image.reserve(image_bytes + kSlack);
    for (int p = 0; p < pass_count_; ++p) {
      const PngPass& pass = passes_[p];
      begin_pass(pass);
      for (int r = 0; r < pass.rows; ++r) {
        if (cancelled.load(std::memory_order_relaxed)) return Status::kCancelled;
        const uint8_t* from = as_bytes(next_row(pass.columns), pass.columns);
        uint8_t* to = image_ + (pass.y0 + static_cast<size_t>(r) * pass.dy) * image_stride() + pass.x0 * pixel_bytes;
        for (int c = 0; c < pass.columns; ++c, from += pixel_bytes, to += pass.dx * pixel_bytes) {
          std::memcpy(to, from, pixel_bytes);
        }
      }
    }
    return Status::kOk;
  }

  const PngHeader header_;
  StageClock* const clock_;
  PngScratch* const scratch_;
  const PngConverter converter_;
  SourcePlane plane_;
  PngPass passes_[kMaxPngPasses];
  int pass_count_ = 0;
  const std::vector<bool>* needed_rows_ = nullptr;
  int next_row_ = 0;
  uint8_t* next_scanline_ = nullptr;  // its filter type; its bytes are unfiltered in place
  const uint8_t* above_ = nullptr;    // the last row that was taken
  int rows_left_ = 0;                 // of the pass
  int rows_ready_ = 0;                // of these, unfiltered
  uint8_t* samples_ = nullptr;        // one row
  uint8_t* image_ = nullptr;          // the samples of an interlaced image
};

}  // namespace

Status open_png(const PngFile& file, const PngRequest& request, const std::atomic<bool>& cancelled, PngScratch* scratch,
                std::string* reason, std::unique_ptr<RowSource>* source) {
  auto png = std::make_unique<PngSource>(file, request, scratch);
  const Status status = png->open(file, request.memory_bytes, cancelled, reason);
  if (status == Status::kOk) *source = std::move(png);
  return status;
}

}  // namespace fastseq
