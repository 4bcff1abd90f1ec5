// The scans of a progressive image, each of which makes its coefficients known by some bits more.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "jpeg/block_decoder.h"
#include "jpeg/frame.h"
#include "jpeg/huffman_table.h"

namespace fastseq {

// One component's blocks, row by row. Of one whose AC coefficients nobody wants, only which of them are not zero is
// kept: the scans that refine them cannot be read without.
struct ProgressiveBlocks {
  int across = 0, down = 0;  // blocks that the image has
  int stride = 0;            // blocks in a row of memory: those of whole MCUs
  int block_size = 0;        // coefficients of a block in memory: kBlockSize, or 1 for DC alone
  int16_t* coefficients = nullptr;
  uint64_t* nonzero = nullptr;  // of each block: bit k for its AC coefficient k in zigzag order
};

// Symbols by the first bits of their codes: symbol << 8 | length; 0 for a longer code, or none.
struct SymbolTable {
  static constexpr int kBits = 9;
  uint16_t lookup[1 << kBits];
  CodeSearch codes;
};

// False where libjpeg would refuse the code.
bool build_symbol_table(const HuffmanCode& code, bool is_dc, SymbolTable* table);

// A run of MCUs of one scan.
struct ProgressiveRun {
  const JpegScan* scan;
  const SymbolTable* tables[3];  // of each of the scan's components; null where the scan has no codes
  ProgressiveBlocks* blocks[3];
  int across[3], down[3];  // blocks of an MCU
  int mcus_across;
  int first_mcu, mcus;
  const std::atomic<bool>* cancelled;  // checked after each row of MCUs; may be null

  bool is_cancelled() const { return cancelled && cancelled->load(std::memory_order_relaxed); }
};

// Reads MCUs between two restarts. False where anything is amiss, or would need libjpeg's leniency, or once cancelled.
bool read_progressive(const ProgressiveRun& run, BitSegment* segment);

}  // namespace fastseq
