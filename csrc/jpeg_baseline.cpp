#include "jpeg_baseline.h"

#include <algorithm>
#include <cstring>

#include "entropy_segment.h"
#include "huffman_decoder.h"
#include "idct.h"
#include "jpeg_frame.h"
#include "plane_layout.h"
#include "ycc_pixels.h"

namespace fastseq {
namespace {

constexpr int kBlocksTogether = 96;  // decoded before they are transformed: what stays in the first-level cache

struct Tables {
  DcTable dc[4];
  AcTable ac[4];
  SkipTable skip[4];
};

class BaselineSource final : public RowSource {
 public:
  BaselineSource(const uint8_t* data, size_t size, Workspace* workspace)
      : data_(data), size_(size), workspace_(workspace) {}

  bool open(const JpegHeader& header, const JpegRequest& request) {
    if (!read_jpeg_frame(data_, size_, &frame_)) return false;
    if (frame_.width != header.width || frame_.height != header.height) return false;
    planes_ = request.gray ? 1 : frame_.components;
    layout_ = lay_out_frame(frame_, planes_, request.scale, request.window);
    if (!build_tables()) return false;
    row_ = layout_.rows.begin;
    at_ = frame_.scan_begin;
    list_blocks();
    workspace_->entropy.reserve(size_ - at_ + BitSegment::kSlack);
    workspace_->coefficients.reserve_as<int16_t>(static_cast<size_t>(kBlocksTogether + 1) * kBlockSize);
    return next_segment();
  }

  PixelLayout layout() const override { return planes_ == 3 ? PixelLayout::kYcc : PixelLayout::kGray; }
  int planes() const override { return planes_; }
  const SourcePlane& plane(int i) const override { return layout_.planes[i].plane; }

  Status pull(uint8_t* const* const* rows) override {
    if (row_ >= layout_.mcus_down) return Status::kOk;
    const McuSpan& columns = layout_.columns;
    if (!skip_to(row_ * layout_.mcus_across + columns.begin)) return Status::kCorrupt;
    for (int column = columns.begin; column < columns.end;) {
      const int count = std::min(mcus_together_, columns.end - column);
      if (!read(count) || !transform(column, count, rows)) return Status::kCorrupt;
      column += count;
    }
    ++row_;
    return Status::kOk;
  }

  // Judges as much of the file as libjpeg would have read.
  Status finish() override {
    if (!skip_to(layout_.rows_judged * layout_.mcus_across)) return Status::kCorrupt;
    const bool whole = next_mcu_ == layout_.mcus_down * layout_.mcus_across;
    return !whole || (is_read_up() && marker_ == 0xD9) ? Status::kOk : Status::kCorrupt;
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
    }
    return true;
  }

  void build_skip_tables() {
    if (skips_) return;
    Tables* tables = reinterpret_cast<Tables*>(workspace_->huffman.data());
    for (int i = 0; i < frame_.components; ++i) {
      const int table = frame_.component[i].ac_table;
      if (i == 0 || table != frame_.component[i - 1].ac_table) build_skip_table(frame_.ac[table], &tables->skip[table]);
    }
    skips_ = true;
  }

  // What an MCU is made of; and for each plane, where the blocks of a row of blocks lie among those of the MCUs that
  // are decoded together.
  void list_blocks() {
    Tables* tables = reinterpret_cast<Tables*>(workspace_->huffman.data());
    for (int i = 0; i < frame_.components; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      const Keep keep = i >= planes_ ? Keep::kNothing : layout_.planes[i].dct_size == 1 ? Keep::kDc : Keep::kAll;
      if (keep != Keep::kAll) build_skip_tables();
      first_block_[i] = mcu_.blocks;
      for (int b = 0; b < c.h * c.v; ++b) {
        mcu_.block[mcu_.blocks++] = {&tables->dc[c.dc_table], &tables->ac[c.ac_table], &tables->skip[c.ac_table], i,
                                     keep};
      }
    }
    mcus_together_ = kBlocksTogether / mcu_.blocks;
    for (int i = 0; i < planes_; ++i) {
      const int h = frame_.component[i].h;
      for (int x = 0; x < mcus_together_ * h; ++x) {
        index_[i][x] = static_cast<uint16_t>(x / h * mcu_.blocks + first_block_[i] + x % h);
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
    to_restart_ = frame_.restart_interval > 0 ? frame_.restart_interval : layout_.mcus_across * layout_.mcus_down;
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
      const size_t block = static_cast<size_t>(done) * mcu_.blocks;
      if (!decode_mcus(mcu_, count, &segment_, coefficients + block * kBlockSize, last_ + block)) return false;
      to_restart_ -= count;
      next_mcu_ += count;
      done += count;
    }
    return true;
  }

  bool skip_to(int mcu) {
    if (next_mcu_ < mcu) build_skip_tables();
    while (next_mcu_ < mcu) {
      if (to_restart_ == 0 && !restart()) return false;
      const int count = std::min(mcu - next_mcu_, to_restart_);
      if (!skip_mcus(mcu_, count, &segment_)) return false;
      to_restart_ -= count;
      next_mcu_ += count;
    }
    return true;
  }

  // The MCUs that were read last, of which the first is in this column, into the rows of each plane.
  bool transform(int column, int mcus, uint8_t* const* const* rows) {
    const int16_t* coefficients = reinterpret_cast<const int16_t*>(workspace_->coefficients.data());
    for (int i = 0; i < planes_; ++i) {
      const JpegFrame::Component& c = frame_.component[i];
      const PlaneLayout& layout = layout_.planes[i];
      const int count = std::min(mcus * c.h, layout.blocks_across - column * c.h);
      const size_t x = static_cast<size_t>(column - layout_.columns.begin) * layout.dct_size * c.h;
      for (int v = 0; v < c.v && row_ * c.v + v < layout.blocks_down; ++v) {
        uint8_t* out[8];
        for (int r = 0; r < layout.dct_size; ++r) out[r] = rows[i][layout.dct_size * v + r] + x;
        const int first = v * c.h;
        const int16_t* block = coefficients + first * kBlockSize;
        const int16_t* quant = frame_.quant[c.quant_table];
        const bool good = layout.dct_size == 8 ? idct_8x8(block, last_ + first, index_[i], count, quant, out)
                                               : idct_reduced(layout.dct_size, block, index_[i], count, quant, out);
        if (!good) return false;
      }
    }
    return true;
  }

  const uint8_t* data_;
  size_t size_;
  Workspace* workspace_;
  JpegFrame frame_;
  int planes_ = 0;
  FrameLayout layout_;
  McuLayout mcu_;
  int mcus_together_ = 0;
  int first_block_[kMaxPlanes] = {};
  uint16_t index_[kMaxPlanes][kBlocksTogether];
  uint8_t last_[kBlocksTogether];
  int row_ = 0;         // of MCUs, the next to be pulled
  int next_mcu_ = 0;    // the next to be read
  bool skips_ = false;  // the tables for that are there
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
  if (!usual) return;
  auto baseline = std::make_unique<BaselineSource>(data, size, workspace);
  if (!baseline->open(header, request)) return;
  const bool pixels = baseline->layout() == PixelLayout::kYcc && !request.planes;
  *source = std::move(baseline);
  if (pixels) *source = open_ycc_pixels(std::move(*source), request.bgr, workspace);
}

}  // namespace fastseq
