#include "jpeg/baseline.h"

#include <algorithm>

#include "jpeg/baseline_scan.h"
#include "jpeg/crop_index.h"
#include "jpeg/frame.h"
#include "jpeg/idct.h"
#include "jpeg/plane_layout.h"

namespace fastseq {
namespace {

constexpr int kMaxScans = 3;

class BaselineSource final : public RowSource {
 public:
  BaselineSource(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool open(const JpegHeader& header, const JpegRequest& request, JpegScratch* scratch) {
    cancelled_ = &request.cancelled;
    clock_ = request.clock;
    const StageScope scope(clock_, Stage::kEntropy);
    if (!read_markers() || scan_count_ != header.scans) return false;
    if (frame_.width != header.width || frame_.height != header.height) return false;
    planes_ = request.gray ? 1 : frame_.components;
    layout_ = lay_out_frame(frame_, planes_, request.scale, request.window);
    row_ = layout_.rows.begin;
    // Nothing is gained where all of the first rows are needed.
    if (row_ > 0 || layout_.columns.end < layout_.mcus_across) index_ = request.index;
    if (index_ && scan_count_ > 1) return false;
    return open_scans(scratch);
  }

  PixelLayout layout() const override { return planes_ == 3 ? PixelLayout::kYcc : PixelLayout::kGray; }
  int planes() const override { return planes_; }
  const SourcePlane& plane(int i) const override { return layout_.planes[i].plane; }

  Status pull(uint8_t* const* const* rows) override {
    if (row_ >= layout_.mcus_down) return Status::kOk;
    const StageScope scope(clock_, Stage::kEntropy);
    for (int s = 0; s < scan_count_; ++s) {
      const bool good =
          scan_headers_[s].interleaved() ? pull_mcus(s, row_, 0, layout_.columns, rows) : pull_component(s, rows);
      if (!good) return failure();
    }
    ++row_;
    return Status::kOk;
  }

  // Checks as much of the file as libjpeg would have read: it reads several scans to their ends before the first row.
  // With an index only what the window needs is read.
  Status finish() override {
    if (index_) return Status::kOk;
    const StageScope scope(clock_, Stage::kEntropy);
    for (int s = 0; s < scan_count_; ++s) {
      BaselineScan& scan = scans_[s];
      const int rows = scan_count_ > 1 ? scan.mcus_down() : layout_.mcu_rows_checked;
      if (!scan.skip_to(rows * scan.mcus_across(), *cancelled_)) return failure();
      if (rows == scan.mcus_down() && !scan.ends_cleanly(s == scan_count_ - 1)) return Status::kCorrupt;
    }
    return Status::kOk;
  }

 private:
  Status failure() const { return cancelled_->load(std::memory_order_relaxed) ? Status::kCancelled : Status::kCorrupt; }

  // Reads the markers up to the last scan. False unless each component is in exactly one sequential scan.
  bool read_markers() {
    JpegMarkers markers(data_, size_);
    bool seen[kMaxPlanes] = {};
    int components = 0;
    do {
      JpegScan& scan = scan_headers_[scan_count_];
      if (markers.next_scan(&frame_, &scan) != JpegMarkers::Found::kScan || frame_.progressive) return false;
      ++scan_count_;
      for (int i = 0; i < scan.components; ++i, ++components) {
        bool& known = seen[scan.component[i].index];
        if (known) return false;
        known = true;
      }
    } while (components < frame_.components);
    return true;
  }

  bool open_scans(JpegScratch* scratch) {
    bool wanted[3] = {};
    for (int i = 0; i < planes_; ++i) wanted[i] = layout_.planes[i].dct_size > 1;
    BaselineScan::Memory memory[kMaxScans];
    size_t bytes[kMaxScans], all_bytes = 0;
    for (int s = 0; s < scan_count_; ++s) {
      bytes[s] = all_bytes;
      all_bytes += size_ - scan_headers_[s].begin + BitSegment::kSlack;
    }
    uint8_t* entropy = scratch->entropy.reserve(all_bytes);
    auto* tables = scratch->huffman.reserve_as<BaselineScan::Tables>(static_cast<size_t>(scan_count_));
    auto* coefficients =
        scratch->coefficients.reserve_as<int16_t>(static_cast<size_t>(BaselineScan::kBlocksPerRead) * kBlockSize);
    for (int s = 0; s < scan_count_; ++s) {
      memory[s] = {entropy + bytes[s], tables + s, coefficients};
      if (!scans_[s].open(data_, size_, frame_, scan_headers_[s], wanted, memory[s], index_)) return false;
    }
    return true;
  }

  // A component with a scan of its own: as many block rows as an MCU of the image has.
  bool pull_component(int s, uint8_t* const* const* rows) {
    const int index = scan_headers_[s].component[0].index;
    if (index >= planes_) return true;
    const JpegFrame::Component& c = frame_.component[index];
    const McuSpan columns = {layout_.columns.begin * c.h,
                             std::min(layout_.columns.end * c.h, layout_.planes[index].blocks_across)};
    for (int v = 0; v < c.v && row_ * c.v + v < scans_[s].mcus_down(); ++v) {
      if (!pull_mcus(s, row_ * c.v + v, v, columns, rows)) return false;
    }
    return true;
  }

  // Decodes `columns` of row `row` of a scan's MCUs; their first block row is `block_row` of the rows pulled.
  bool pull_mcus(int s, int row, int block_row, const McuSpan& columns, uint8_t* const* const* rows) {
    BaselineScan& scan = scans_[s];
    if (index_ && !scan.seek_row(row)) return false;
    if (!scan.skip_to(row * scan.mcus_across() + columns.begin, *cancelled_)) return false;
    for (int column = columns.begin; column < columns.end;) {
      const int count = std::min(scan.mcus_per_read(), columns.end - column);
      if (!scan.read(count)) return false;
      const StageScope scope(clock_, Stage::kTransform);
      for (int i = 0; i < scan_headers_[s].components; ++i) {
        if (!transform(s, i, block_row, column - columns.begin, column, count, rows)) return false;
      }
      column += count;
    }
    return true;
  }

  // Transforms one component's blocks of the MCUs read last. The first of these MCUs is in column `column`, `offset`
  // columns after the window's first.
  bool transform(int s, int i, int block_row, int offset, int column, int mcus, uint8_t* const* const* rows) {
    const int index = scan_headers_[s].component[i].index;
    if (index >= planes_) return true;
    const BaselineScan& scan = scans_[s];
    const BaselineScan::Blocks& blocks = scan.blocks(i);
    const PlaneLayout& layout = layout_.planes[index];
    const int16_t* quant = frame_.component[index].quant;
    const uint16_t* order = scan.order(i);
    const int count = std::min(mcus * blocks.across, layout.blocks_across - column * blocks.across);
    const int down = frame_.component[index].v;
    for (int v = 0; v < blocks.down && row_ * down + block_row + v < layout.blocks_down; ++v) {
      uint8_t* out[8];
      for (int r = 0; r < layout.dct_size; ++r) {
        out[r] = rows[index][layout.dct_size * (block_row + v) + r] + offset * blocks.across * layout.dct_size;
      }
      const int16_t* first = scan.coefficients() + v * blocks.across * kBlockSize;
      if (!idct_blocks(layout.dct_size, first, kBlockSize, order, count, quant, out)) return false;
    }
    return true;
  }

  const uint8_t* data_;
  size_t size_;
  const std::atomic<bool>* cancelled_ = nullptr;
  StageClock* clock_ = nullptr;
  const CropIndex* index_ = nullptr;  // used if not null
  JpegFrame frame_;
  int planes_ = 0;
  FrameLayout layout_;
  int scan_count_ = 0;
  JpegScan scan_headers_[kMaxScans];
  BaselineScan scans_[kMaxScans];
  int row_ = 0;  // the next row of the image's MCUs
};

}  // namespace

void open_baseline(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                   JpegScratch* scratch, std::unique_ptr<RowSource>* source) {
  if (!header.ends || header.scans > kMaxScans) return;
  auto baseline = std::make_unique<BaselineSource>(data, size);
  if (!baseline->open(header, request, scratch)) return;
  *source = std::move(baseline);
}

}  // namespace fastseq
