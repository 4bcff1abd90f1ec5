#include "jpeg_baseline.h"

#include <algorithm>
#include <cstring>

#include "entropy_segment.h"
#include "huffman_decoder.h"
#include "idct.h"
#include "jpeg_frame.h"

namespace fastseq {
namespace {

constexpr int kBlocksTogether = 96;  // decoded before they are transformed: what stays in the first-level cache

struct Tables {
  DcTable dc[4];
  AcTable ac[4];
};

// Of the MCUs along an axis, those that a window needs.
struct McuSpan {
  int begin, end;
};

// `margin`: full-size pixels that upsampling may look over the edge.
McuSpan needed_mcus(int begin, int end, int margin, int mcu, int pixels) {
  return {std::max(begin - margin, 0) / mcu, (std::min(end + margin, pixels) + mcu - 1) / mcu};
}

int divide_up(int a, int b) { return (a + b - 1) / b; }

class BaselineSource final : public RowSource {
 public:
  BaselineSource(const uint8_t* data, size_t size, Workspace* workspace)
      : data_(data), size_(size), workspace_(workspace) {}

  bool open(const JpegHeader& header, const JpegRequest& request) {
    if (!read_jpeg_frame(data_, size_, &frame_)) return false;
    if (frame_.width != header.width || frame_.height != header.height) return false;
    planes_count_ = request.gray ? 1 : frame_.components;
    if (!build_tables()) return false;
    describe_planes(request.window);
    at_ = frame_.scan_begin;
    workspace_->entropy.reserve(size_ - at_ + BitSegment::kSlack);
    mcus_together_ = kBlocksTogether / layout_.blocks;
    workspace_->coefficients.reserve_as<int16_t>(static_cast<size_t>(mcus_together_ * layout_.blocks + 1) * kBlockSize);
    index_blocks();
    return next_segment();
  }

  PixelLayout layout() const override { return planes_count_ == 3 ? PixelLayout::kYcc : PixelLayout::kGray; }
  int planes() const override { return planes_count_; }
  const SourcePlane& plane(int i) const override { return planes_[i]; }

  Status pull(uint8_t* const* const* rows) override {
    if (row_ >= mcus_down_) return Status::kOk;
    if (!skip(unread_)) return Status::kCorrupt;
    for (int column = columns_.begin; column < columns_.end;) {
      const int count = std::min(mcus_together_, columns_.end - column);
      if (!read(count) || !transform(column, count, rows)) return Status::kCorrupt;
      column += count;
    }
    ++row_;
    unread_ = mcus_across_ - (columns_.end - columns_.begin);
    return Status::kOk;
  }

  // Only a picture that was read to its last row can be judged to its end.
  Status finish() override {
    if (row_ < mcus_down_) return Status::kOk;
    const bool good = skip(mcus_across_ - columns_.end) && is_read_up() && marker_ == 0xD9;
    return good ? Status::kOk : Status::kCorrupt;
  }

 private:
  bool build_tables() {
    Tables* tables = workspace_->huffman.reserve_as<Tables>(1);
    bool built_dc[4] = {}, built_ac[4] = {};
    for (int i = 0; i < frame_.components; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      DcTable* dc = &tables->dc[c.dc_table];
      AcTable* ac = &tables->ac[c.ac_table];
      if (!built_dc[c.dc_table] && !build_dc_table(frame_.dc[c.dc_table], dc)) return false;
      if (!built_ac[c.ac_table] && !build_ac_table(frame_.ac[c.ac_table], ac)) return false;
      built_dc[c.dc_table] = built_ac[c.ac_table] = true;
      first_block_[i] = layout_.blocks;
      for (int b = 0; b < c.h * c.v; ++b) layout_.block[layout_.blocks++] = {dc, ac, i, i < planes_count_};
    }
    return true;
  }

  void describe_planes(const PixelWindow& window) {
    const int mcu_width = 8 * frame_.max_h, mcu_height = 8 * frame_.max_v;
    mcus_across_ = divide_up(frame_.width, mcu_width);
    mcus_down_ = divide_up(frame_.height, mcu_height);
    int margin_h = 0, margin_v = 0;
    for (int i = 0; i < planes_count_; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      SourcePlane& p = planes_[i];
      p.upsampling_h = frame_.max_h / c.h;
      p.upsampling_v = frame_.max_v / c.v;
      p.width = divide_up(frame_.width, p.upsampling_h);
      p.height = divide_up(frame_.height, p.upsampling_v);
      p.rows_per_pull = 8 * c.v;
      // jdsample.c: fancy upsampling is for 2:1 across (alone or with 2:1 down), and for 2:1 down alone.
      p.triangle_h = p.upsampling_h == 2 && p.upsampling_v <= 2 && p.width > 2;
      p.triangle_v = p.upsampling_v == 2 && (p.triangle_h || p.upsampling_h == 1);
      if (p.triangle_h) margin_h = p.upsampling_h;
      if (p.triangle_v) margin_v = p.upsampling_v;
    }
    columns_ = needed_mcus(window.x0, window.x1, margin_h, mcu_width, frame_.width);
    row_ = needed_mcus(window.y0, window.y1, margin_v, mcu_height, frame_.height).begin;
    unread_ = row_ * mcus_across_ + columns_.begin;
    for (int i = 0; i < planes_count_; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      SourcePlane& p = planes_[i];
      p.x0 = columns_.begin * 8 * c.h;
      p.y0 = row_ * 8 * c.v;
      p.delivered_width = std::min(p.width, columns_.end * 8 * c.h) - p.x0;
      p.row_bytes = divide_up(p.delivered_width, 8) * 8 + kIdctOverrun;
    }
  }

  // For each plane, where the blocks of a row of blocks lie among those of the MCUs that are decoded together.
  void index_blocks() {
    for (int i = 0; i < planes_count_; ++i) {
      const int h = frame_.component[i].h;
      for (int x = 0; x < mcus_together_ * h; ++x) {
        index_[i][x] = static_cast<uint16_t>(x / h * layout_.blocks + first_block_[i] + x % h);
      }
    }
  }

  bool next_segment() {
    uint8_t* bytes = workspace_->entropy.data();
    const EntropySegment segment = unstuff_segment(data_, size_, at_, bytes);
    if (segment.marker == 0) return false;
    std::memset(bytes + segment.size, 0, BitSegment::kSlack);
    segment_.open(bytes, segment.size);
    marker_ = segment.marker;
    at_ = segment.after;
    to_restart_ = frame_.restart_interval > 0 ? frame_.restart_interval : mcus_across_ * mcus_down_;
    return true;
  }

  // libjpeg says nothing of the bits that fill the last byte.
  bool is_read_up() const { return segment_.left() < 8; }

  // The end of an interval, where MCUs are still to come.
  bool restart() {
    if (!is_read_up() || marker_ != 0xD0 + restarts_) return false;
    restarts_ = (restarts_ + 1) & 7;
    return next_segment();
  }

  bool read(int mcus) {
    int16_t* coefficients = reinterpret_cast<int16_t*>(workspace_->coefficients.data());
    for (int done = 0; done < mcus;) {
      if (to_restart_ == 0 && !restart()) return false;
      const int count = std::min(mcus - done, to_restart_);
      const size_t block = static_cast<size_t>(done) * layout_.blocks;
      if (!decode_mcus(layout_, count, &segment_, coefficients + block * kBlockSize, last_ + block)) return false;
      to_restart_ -= count;
      done += count;
    }
    return true;
  }

  bool skip(int mcus) {
    while (mcus > 0) {
      if (to_restart_ == 0 && !restart()) return false;
      const int count = std::min(mcus, to_restart_);
      if (!skip_mcus(layout_, count, &segment_)) return false;
      to_restart_ -= count;
      mcus -= count;
    }
    return true;
  }

  // The MCUs that were read last, of which the first is in this column, into the rows of each plane.
  bool transform(int column, int mcus, uint8_t* const* const* rows) {
    const int16_t* coefficients = reinterpret_cast<const int16_t*>(workspace_->coefficients.data());
    for (int i = 0; i < planes_count_; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      const int across = divide_up(planes_[i].width, 8), down = divide_up(planes_[i].height, 8);
      const int count = std::min(mcus * c.h, across - column * c.h);
      const size_t x = static_cast<size_t>(column - columns_.begin) * 8 * c.h;
      for (int v = 0; v < c.v && row_ * c.v + v < down; ++v) {
        uint8_t* out[8];
        for (int r = 0; r < 8; ++r) out[r] = rows[i][8 * v + r] + x;
        const int first = v * c.h;
        if (!idct_blocks(coefficients + first * kBlockSize, last_ + first, index_[i], count,
                         frame_.quant[c.quant_table], out)) {
          return false;
        }
      }
    }
    return true;
  }

  const uint8_t* data_;
  size_t size_;
  Workspace* workspace_;
  JpegFrame frame_;
  int planes_count_ = 0;
  SourcePlane planes_[kMaxPlanes];
  McuLayout layout_;
  int first_block_[kMaxPlanes] = {};
  uint16_t index_[kMaxPlanes][kBlocksTogether];
  uint8_t last_[kBlocksTogether];
  int mcus_across_ = 0, mcus_down_ = 0, mcus_together_ = 0;
  McuSpan columns_{};
  int row_ = 0;     // of MCUs, the next to be pulled
  int unread_ = 0;  // MCUs to be skipped before it
  BitSegment segment_;
  int marker_ = 0;      // at its end
  size_t at_ = 0;       // where the file goes on behind that
  int to_restart_ = 0;  // MCUs
  int restarts_ = 0;    // modulo 8
};

}  // namespace

void open_baseline(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                   Workspace* workspace, std::unique_ptr<RowSource>* source) {
  const bool usual = header.ends && header.scans == 1 && header.single_scan();
  if (!usual || !(request.planes || request.gray) || request.scale != 1) return;
  auto baseline = std::make_unique<BaselineSource>(data, size, workspace);
  if (baseline->open(header, request)) *source = std::move(baseline);
}

}  // namespace fastseq
