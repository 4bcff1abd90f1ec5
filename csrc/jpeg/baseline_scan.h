// The MCUs of one scan of a sequential image: from the bytes of the file to coefficients.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/block_decoder.h"
#include "jpeg/frame.h"

namespace fastseq {

class BaselineScan {
 public:
  static constexpr int kBlocksPerRead = 96;  // decoded before they are transformed: what the first-level cache holds

  struct Tables {
    HuffmanTable dc[4], ac[4], skip[4];
  };
  // Lent by the caller for as long as the reader is used.
  struct Memory {
    uint8_t* entropy;  // as many bytes as the file has behind the scan's begin, and BitSegment::kSlack
    Tables* tables;
    int16_t* coefficients;  // kBlocksPerRead blocks
  };

  // wanted[i]: the AC coefficients of component i are. False where the scan is one for libjpeg.
  bool open(const uint8_t* data, size_t size, const JpegFrame& frame, const JpegScan& scan, const bool* wanted,
            const Memory& memory);

  int mcus_across() const { return mcus_across_; }
  int mcus_down() const { return mcus_down_; }
  int mcus_per_read() const { return kBlocksPerRead / mcu_blocks_; }
  // Of the scan's i-th component, in an MCU: where its blocks begin, and how many there are along each axis.
  struct Blocks {
    int first, across, down;
  };
  const Blocks& blocks(int i) const { return blocks_[i]; }
  // Where the blocks of its first row of blocks lie, from left to right, among those that are read together.
  const uint16_t* order(int i) const { return order_[i]; }
  int mcu_blocks() const { return mcu_blocks_; }
  const int16_t* coefficients() const { return memory_.coefficients; }

  // The next MCUs, mcus_per_read() of them at most: mcu_blocks() blocks each, in natural order and not dequantised. Of
  // components whose AC coefficients are not wanted, only DC counts. False where anything is amiss.
  bool read(int mcus);
  // Reads past all MCUs before this one. False where anything is amiss, or once `cancelled`.
  bool skip_to(int mcu, const std::atomic<bool>* cancelled);
  // Whether the scan ends where all its MCUs are read, as libjpeg has it.
  bool ends_cleanly(bool is_last) const { return segments_.ends(segment_, is_last); }

 private:
  bool build_tables(const JpegScan& scan);
  bool build_skip_tables();
  void build_parts();
  void begin_interval();
  bool read_parts(const std::vector<BlockPart>& parts, int mcus, bool skip);
  void accumulate_dc(int first_mcu, int mcus);

  const JpegScan* scan_ = nullptr;
  Memory memory_{};
  int mcus_across_ = 0, mcus_down_ = 0;
  int mcu_blocks_ = 0;
  Blocks blocks_[3] = {};
  uint16_t order_[3][kBlocksPerRead];
  bool wanted_[3] = {};
  bool any_wanted_ = false;
  bool skips_built_ = false;
  std::vector<BlockPart> parts_, skipped_parts_;  // of the MCUs that are read together, and one more
  ScanSegments segments_;
  BitSegment segment_;
  int32_t dc_[3] = {};
  int next_mcu_ = 0;
  int mcus_to_restart_ = 0;  // MCUs
};

}  // namespace fastseq
