// Decodes the MCUs of one scan of a sequential image to coefficients.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/block_decoder.h"
#include "jpeg/crop_index.h"
#include "jpeg/frame.h"

namespace fastseq {

class BaselineScan {
 public:
  static constexpr int kBlocksPerRead = 96;  // as many as fit the L1 cache until they are transformed

  struct Tables {
    HuffmanTable dc[4], ac[4], skip[4];
  };
  // Owned by the caller; must outlive the reader.
  struct Memory {
    uint8_t* entropy;  // all bytes from the scan's begin to the end of the file, and BitSegment::kSlack
    Tables* tables;
    int16_t* coefficients;  // kBlocksPerRead blocks
  };

  // wanted[i]: whether component i's AC coefficients are needed. `index`: of the file, or null; with it, each row of
  // MCUs begins with seek_row(). False where the scan must be left to libjpeg.
  bool open(const uint8_t* data, size_t size, const JpegFrame& frame, const JpegScan& scan, const bool* wanted,
            const Memory& memory, const CropIndex* index = nullptr);

  int mcus_across() const { return mcus_across_; }
  int mcus_down() const { return mcus_down_; }
  int mcus_per_read() const { return kBlocksPerRead / mcu_blocks_; }
  // The blocks of the scan's i-th component within an MCU: index of the first, and their number along each axis.
  struct Blocks {
    int first, across, down;
  };
  const Blocks& blocks(int i) const { return blocks_[i]; }
  // The indices, from left to right, of the blocks in its first block row, among all blocks of one read.
  const uint16_t* order(int i) const { return order_[i]; }
  int mcu_blocks() const { return mcu_blocks_; }
  const int16_t* coefficients() const { return memory_.coefficients; }

  // Decodes the next `mcus`, at most mcus_per_read(), to mcu_blocks() blocks each, in natural order and not
  // dequantized. Components whose AC coefficients are not wanted get DC only. False on any error.
  bool read(int mcus);
  // Skips all MCUs before this one. False on any error, and once cancelled.
  bool skip_to(int mcu, const std::atomic<bool>& cancelled);
  // Goes to the first MCU of a row, by the index. False if it does not fit the file.
  bool seek_row(int row);
  // Where the next MCU begins: the offset in the file of its segment, the place in that one, and the DC predictors.
  struct Place {
    size_t segment;
    int64_t bits;  // without stuffing
    int16_t dc[3];
  };
  // Finds it after the restart marker that is due there, if one is. False on any error.
  bool find_place(Place* place);
  // Whether the scan ends after its last MCU, as libjpeg expects.
  bool ends_cleanly(bool is_last) const { return segments_.ends(segment_, is_last); }

 private:
  bool build_tables(const JpegScan& scan);
  bool build_skip_tables();
  void build_parts();
  void begin_interval();
  bool restart_if_due();
  bool read_parts(std::vector<BlockPart>& parts, int mcus, bool skip);
  void accumulate_dc(int first_mcu, int mcus);

  const JpegScan* scan_ = nullptr;
  const CropIndex* index_ = nullptr;
  Memory memory_{};
  int mcus_across_ = 0, mcus_down_ = 0;
  int mcu_blocks_ = 0;
  Blocks blocks_[3] = {};
  uint16_t order_[3][kBlocksPerRead];
  bool wanted_[3] = {};
  bool any_wanted_ = false;
  bool skips_built_ = false;
  std::vector<BlockPart> parts_, skipped_parts_;  // of the MCUs of one read, and one block more
  ScanSegments segments_;
  BitSegment segment_;
  int32_t dc_[3] = {};
  int next_mcu_ = 0;
  int mcus_to_restart_ = 0;
};

}  // namespace fastseq
