#include "jpeg/baseline_scan.h"

#include <algorithm>

namespace fastseq {

bool BaselineScan::open(const uint8_t* data, size_t size, const JpegFrame& frame, const JpegScan& scan,
                        const bool* wanted, const Memory& memory, const CropIndex* index) {
  segments_ = ScanSegments(data, size, scan.begin, memory.entropy);
  scan_ = &scan;
  index_ = index;
  memory_ = memory;
  for (int i = 0; i < scan.components; ++i) {
    const JpegFrame::Component& c = frame.component[scan.component[i].index];
    blocks_[i] = {mcu_blocks_, scan.interleaved() ? c.h : 1, scan.interleaved() ? c.v : 1};
    mcu_blocks_ += blocks_[i].across * blocks_[i].down;
    wanted_[i] = wanted[scan.component[i].index];
    any_wanted_ = any_wanted_ || wanted_[i];
    // The samples covered by an MCU, on the grid of the whole image.
    const int width = 8 * frame.max_h * blocks_[i].across, height = 8 * frame.max_v * blocks_[i].down;
    mcus_across_ = ceil_div(frame.width * c.h, width);
    mcus_down_ = ceil_div(frame.height * c.v, height);
  }
  if (index && (index->begin() != scan.begin || index->rows() != mcus_down_)) return false;
  if (!build_tables(scan)) return false;
  build_parts();
  begin_interval();
  return index || segments_.begin(&segment_);
}

bool BaselineScan::build_tables(const JpegScan& scan) {
  bool built_dc[4] = {}, built_ac[4] = {}, all_wanted = true;
  for (int i = 0; i < scan.components; ++i) {
    const JpegScan::Component& c = scan.component[i];
    if (!scan.dc[c.dc_table].defined || !scan.ac[c.ac_table].defined) return false;
    if (!built_dc[c.dc_table] && !build_dc_table(scan.dc[c.dc_table], &memory_.tables->dc[c.dc_table])) return false;
    if (!built_ac[c.ac_table] && !build_ac_table(scan.ac[c.ac_table], &memory_.tables->ac[c.ac_table])) return false;
    built_dc[c.dc_table] = built_ac[c.ac_table] = true;
    all_wanted = all_wanted && wanted_[i];
  }
  return all_wanted || build_skip_tables();
}

bool BaselineScan::build_skip_tables() {
  if (skips_built_) return true;
  bool built[4] = {};
  for (int i = 0; i < scan_->components; ++i) {
    const int table = scan_->component[i].ac_table;
    if (!built[table] && !build_skip_table(scan_->ac[table], &memory_.tables->skip[table])) return false;
    built[table] = true;
  }
  return skips_built_ = true;
}

void BaselineScan::build_parts() {
  const int mcus = mcus_per_read();
  parts_.reserve(2 * (static_cast<size_t>(mcus) * mcu_blocks_ + 1));
  skipped_parts_.reserve(parts_.capacity());
  int16_t* block = memory_.coefficients;
  for (int m = 0; m < mcus; ++m) {
    for (int i = 0; i < scan_->components; ++i) {
      const JpegScan::Component& c = scan_->component[i];
      const HuffmanTable* skip = &memory_.tables->skip[c.ac_table];
      for (int b = 0; b < blocks_[i].across * blocks_[i].down; ++b, block += kBlockSize) {
        parts_.push_back({&memory_.tables->dc[c.dc_table], block});
        parts_.push_back({wanted_[i] ? &memory_.tables->ac[c.ac_table] : skip, block});
        skipped_parts_.push_back(parts_[parts_.size() - 2]);
        skipped_parts_.push_back({skip, block});
      }
    }
  }
  for (int i = 0; i < scan_->components; ++i) {
    const Blocks& blocks = blocks_[i];
    for (int x = 0; x < mcus * blocks.across; ++x) {
      order_[i][x] = static_cast<uint16_t>(x / blocks.across * mcu_blocks_ + blocks.first + x % blocks.across);
    }
  }
  for (std::vector<BlockPart>* parts : {&parts_, &skipped_parts_}) {
    const BlockPart first = parts->front();
    parts->insert(parts->end(), 2, first);
  }
}

void BaselineScan::begin_interval() {
  mcus_to_restart_ = scan_->restart_interval > 0 ? scan_->restart_interval : mcus_across_ * mcus_down_;
  std::fill_n(dc_, 3, 0);
}

bool BaselineScan::read(int mcus) { return read_parts(parts_, mcus, !any_wanted_); }

bool BaselineScan::skip_to(int mcu, const std::atomic<bool>& cancelled) {
  if (next_mcu_ < mcu && !build_skip_tables()) return false;
  while (next_mcu_ < mcu) {
    if (cancelled.load(std::memory_order_relaxed)) return false;
    if (!read_parts(skipped_parts_, std::min(mcu - next_mcu_, mcus_per_read()), true)) return false;
  }
  return true;
}

bool BaselineScan::seek_row(int row) {
  CropIndex::Row place;
  if (!index_->find(row, &place)) return false;
  next_mcu_ = row * mcus_across_;
  const int interval = scan_->restart_interval;
  if (!segments_.seek(place.begin, place.end, interval > 0 ? next_mcu_ / interval : 0, &segment_)) return false;
  segment_.skip_first(place.bit);
  begin_interval();
  if (interval > 0) mcus_to_restart_ -= next_mcu_ % interval;
  std::copy_n(place.dc, 3, dc_);
  return true;
}

bool BaselineScan::find_place(Place* place) {
  if (!restart_if_due()) return false;
  *place = {segments_.segment_begin(), segment_.position(), {}};
  for (int i = 0; i < 3; ++i) place->dc[i] = static_cast<int16_t>(dc_[i]);
  return true;
}

bool BaselineScan::restart_if_due() {
  if (mcus_to_restart_ > 0) return true;
  if (!segments_.restart(&segment_)) return false;
  begin_interval();
  return true;
}

bool BaselineScan::read_parts(std::vector<BlockPart>& parts, int mcus, bool skip) {
  for (int done = 0; done < mcus;) {
    if (!restart_if_due()) return false;
    const int count = std::min(mcus - done, mcus_to_restart_);
    BlockPart* from = parts.data() + 2 * done * mcu_blocks_;
    BlockPart* to = from + 2 * count * mcu_blocks_;
    if (!(skip ? skip_blocks : decode_blocks)(from, to, &segment_)) return false;
    accumulate_dc(done, count);
    mcus_to_restart_ -= count;
    next_mcu_ += count;
    done += count;
  }
  return true;
}

// Turns differences into coefficients, modulo 2^16 as libjpeg stores them.
void BaselineScan::accumulate_dc(int first_mcu, int mcus) {
  const int mcu_step = mcu_blocks_ * kBlockSize;
  for (int i = 0; i < scan_->components; ++i) {
    int16_t* mcu = memory_.coefficients + first_mcu * mcu_step + blocks_[i].first * kBlockSize;
    const int count = blocks_[i].across * blocks_[i].down;
    uint32_t dc = static_cast<uint32_t>(dc_[i]);
    const auto add = [&dc](int16_t* value) {
      dc += static_cast<uint32_t>(*value);
      *value = static_cast<int16_t>(dc);
    };
    if (count == 1) {
      for (const int16_t* const end = mcu + mcus * mcu_step; mcu != end; mcu += mcu_step) add(mcu);
    } else {
      for (int m = 0; m < mcus; ++m, mcu += mcu_step) {
        for (int b = 0; b < count; ++b) add(mcu + b * kBlockSize);
      }
    }
    dc_[i] = static_cast<int32_t>(dc);
  }
}

}  // namespace fastseq
