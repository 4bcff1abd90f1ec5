#include "jpeg/progressive.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "jpeg/entropy_segment.h"
#include "jpeg/frame.h"
#include "jpeg/idct.h"
#include "jpeg/plane_layout.h"
#include "jpeg/progressive_scan.h"

namespace fastseq {
namespace {

constexpr int kUnknown = -1;
constexpr int kMaxSmoothed = 9;  // jdcoefct.c smooths blocks while one of these AC coefficients is incomplete

class ProgressiveSource final : public RowSource {
 public:
  ProgressiveSource(const uint8_t* data, size_t size, JpegScratch* scratch)
      : data_(data), size_(size), scratch_(scratch) {}

  bool open(const JpegHeader& header, const JpegRequest& request) {
    cancelled_ = &request.cancelled;
    clock_ = request.clock;
    const StageScope scope(clock_, Stage::kEntropy);
    JpegMarkers markers(data_, size_);
    std::fill_n(&missing_bits_[0][0], 3 * 64, kUnknown);
    JpegScan scan;
    JpegMarkers::Found found;
    int64_t scans = 0;
    while ((found = markers.next_scan(&frame_, &scan)) == JpegMarkers::Found::kScan) {
      if (scans++ == 0) {
        if (!frame_.progressive || frame_.width != header.width || frame_.height != header.height) return false;
        if (!allocate(request)) return false;
      }
      if (!is_in_order(scan) || !read_scan(scan)) return false;
    }
    return found == JpegMarkers::Found::kEnd && scans == header.scans && is_complete();
  }

  PixelLayout layout() const override { return planes_ == 3 ? PixelLayout::kYcc : PixelLayout::kGray; }
  int planes() const override { return planes_; }
  const SourcePlane& plane(int i) const override { return layout_.planes[i].plane; }

  Status pull(uint8_t* const* const* rows) override {
    if (row_ >= layout_.mcus_down) return Status::kOk;
    const StageScope scope(clock_, Stage::kTransform);
    for (int i = 0; i < planes_; ++i) {
      if (!transform(i, rows[i])) return Status::kCorrupt;
    }
    ++row_;
    return Status::kOk;
  }

  Status finish() override { return Status::kOk; }  // everything was checked before the first row

 private:
  // False if more memory is needed than the request allows.
  bool allocate(const JpegRequest& request) {
    planes_ = request.gray ? 1 : frame_.components;
    layout_ = lay_out_frame(frame_, planes_, request.scale, request.window);
    row_ = layout_.rows.begin;
    size_t bytes = 0, offset[3] = {};
    for (int i = 0; i < frame_.components; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      ProgressiveBlocks& blocks = blocks_[i];
      blocks.across = frame_.blocks_across(c);
      blocks.down = frame_.blocks_down(c);
      blocks.stride = layout_.mcus_across * c.h;
      blocks.block_size = i < planes_ && layout_.planes[i].dct_size > 1 ? kBlockSize : 1;
      offset[i] = bytes;
      bytes += count(i) * (sizeof(int16_t) * blocks.block_size + sizeof(uint64_t)) + 64;
    }
    if (bytes > static_cast<size_t>(request.memory_bytes)) return false;
    uint8_t* memory = scratch_->coefficients.reserve(bytes);
    std::memset(memory, 0, bytes);
    for (int i = 0; i < frame_.components; ++i) {
      blocks_[i].nonzero = reinterpret_cast<uint64_t*>(memory + (offset[i] + 63) / 64 * 64);
      blocks_[i].coefficients = reinterpret_cast<int16_t*>(blocks_[i].nonzero + count(i));
    }
    order_.resize(static_cast<size_t>(blocks_[0].across));  // no other component has more
    std::iota(order_.begin(), order_.end(), static_cast<uint16_t>(0));
    return true;
  }

  // The number of blocks in memory, which make up whole MCUs.
  size_t count(int i) const {
    return static_cast<size_t>(blocks_[i].stride) * layout_.mcus_down * frame_.component[i].v;
  }

  // Whether the scan comes in the order that jdphuff.c expects, and repeats nothing.
  bool is_in_order(const JpegScan& scan) {
    const bool is_dc = scan.spectral_begin == 0;
    if (is_dc ? scan.spectral_end != 0 : scan.interleaved() || scan.spectral_end < scan.spectral_begin) return false;
    if (scan.spectral_end > 63 || scan.successive_low > 13) return false;
    if (scan.successive_high != 0 && scan.successive_low != scan.successive_high - 1) return false;
    for (int i = 0; i < scan.components; ++i) {
      int* missing = missing_bits_[scan.component[i].index];
      if (!is_dc && missing[0] == kUnknown) return false;
      for (int k = scan.spectral_begin; k <= scan.spectral_end; ++k) {
        if (missing[k] != (scan.successive_high == 0 ? kUnknown : scan.successive_high)) return false;
        missing[k] = scan.successive_low;
      }
    }
    return true;
  }

  // Whether libjpeg outputs the image without smoothing it.
  bool is_complete() const {
    for (int i = 0; i < frame_.components; ++i) {
      for (int k = 0; k <= kMaxSmoothed; ++k) {
        if (missing_bits_[i][k] != 0) return false;
      }
    }
    return true;
  }

  bool read_scan(const JpegScan& scan) {
    ProgressiveRun run{};
    run.cancelled = cancelled_;
    SymbolTable* tables = scratch_->huffman.reserve_as<SymbolTable>(3);
    if (!build_run(scan, tables, &run)) return false;
    ScanSegments segments(data_, size_, scan.begin, scratch_->entropy.reserve(size_ - scan.begin + BitSegment::kSlack));
    const int first = scan.component[0].index;
    const int mcus = run.mcus_across * (scan.interleaved() ? layout_.mcus_down : blocks_[first].down);
    const int interval = scan.restart_interval > 0 ? scan.restart_interval : mcus;
    BitSegment segment;
    for (run.first_mcu = 0; run.first_mcu < mcus; run.first_mcu += run.mcus) {
      if (!(run.first_mcu == 0 ? segments.begin(&segment) : segments.restart(&segment))) return false;
      run.mcus = std::min(interval, mcus - run.first_mcu);
      if (!read_progressive(run, &segment)) return false;
    }
    return segments.ends(segment, false);
  }

  bool build_run(const JpegScan& scan, SymbolTable* tables, ProgressiveRun* run) {
    const bool is_dc = scan.spectral_begin == 0;
    run->scan = &scan;
    for (int i = 0; i < scan.components; ++i) {
      const JpegScan::Component& c = scan.component[i];
      run->blocks[i] = &blocks_[c.index];
      run->across[i] = scan.interleaved() ? frame_.component[c.index].h : 1;
      run->down[i] = scan.interleaved() ? frame_.component[c.index].v : 1;
      run->mcus_across = scan.interleaved() ? layout_.mcus_across : blocks_[c.index].across;
      if (is_dc && scan.successive_high > 0) continue;  // refinement bits have no codes
      const HuffmanCode& code = is_dc ? scan.dc[c.dc_table] : scan.ac[c.ac_table];
      if (!code.defined || !build_symbol_table(code, is_dc, &tables[i])) return false;
      run->tables[i] = &tables[i];
    }
    return true;
  }

  bool transform(int i, uint8_t* const* rows) {
    const ProgressiveBlocks& blocks = blocks_[i];
    const JpegFrame::Component& c = frame_.component[i];
    const int size = layout_.planes[i].dct_size;
    const int begin = layout_.columns.begin * c.h;
    const int count = std::min(layout_.columns.end * c.h, blocks.across) - begin;
    for (int v = 0; v < c.v && row_ * c.v + v < blocks.down; ++v) {
      const size_t first = static_cast<size_t>(row_ * c.v + v) * blocks.stride + begin;
      const int16_t* coefficients = blocks.coefficients + first * blocks.block_size;
      if (!idct_blocks(size, coefficients, blocks.block_size, order_.data(), count, c.quant, rows + size * v))
        return false;
    }
    return true;
  }

  const uint8_t* data_;
  size_t size_;
  JpegScratch* scratch_;
  const std::atomic<bool>* cancelled_ = nullptr;
  StageClock* clock_ = nullptr;
  JpegFrame frame_;
  int planes_ = 0;
  FrameLayout layout_;
  ProgressiveBlocks blocks_[3];
  int missing_bits_[3][64];      // bits of each coefficient that no scan has brought yet
  std::vector<uint16_t> order_;  // identity, for rows of blocks
  int row_ = 0;                  // the next row of MCUs
};

}  // namespace

void open_progressive(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                      JpegScratch* scratch, std::unique_ptr<RowSource>* source) {
  auto progressive = std::make_unique<ProgressiveSource>(data, size, scratch);
  if (!progressive->open(header, request)) return;
  *source = std::move(progressive);
}

}  // namespace fastseq
