// Decodes the scans of a progressive image, each of which adds bits to its coefficients.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "jpeg/block_decoder.h"
#include "jpeg/frame.h"
#include "jpeg/huffman_table.h"

namespace fastseq {

// One component's blocks, row by row. If AC coefficients are not needed, only their nonzero bits are kept, without
// which refinement scans cannot be read.
struct ProgressiveBlocks {
  int across = 0, down = 0;  // blocks of the image
  int stride = 0;            // blocks in a row of memory: whole MCUs
  int block_size = 0;        // coefficients per block in memory: kBlockSize, or 1 for DC alone
  int16_t* coefficients = nullptr;
  uint64_t* nonzero = nullptr;  // per block: bit k for its AC coefficient k in zigzag order
};

// Symbols by the first bits of their codes: symbol << 8 | length; 0 for longer and for invalid codes.
struct SymbolTable {
  static constexpr int kBits = 9;
  uint16_t lookup[1 << kBits];
  CodeSearch codes;
};

// False if libjpeg would reject the code.
bool build_symbol_table(const HuffmanCode& code, bool is_dc, SymbolTable* table);

// Consecutive MCUs of one scan, without a restart.
struct ProgressiveRun {
  const JpegScan* scan;
  const SymbolTable* tables[3];  // of each component of the scan; null where the scan has no codes
  ProgressiveBlocks* blocks[3];
  int across[3], down[3];  // blocks of an MCU
  int mcus_across;
  int first_mcu, mcus;
  const std::atomic<bool>* cancelled;  // checked after each row of MCUs

  bool is_cancelled() const { return cancelled->load(std::memory_order_relaxed); }
};

// Decodes a run. False on any error, on anything that needs libjpeg's leniency, and once cancelled.
bool read_progressive(const ProgressiveRun& run, BitSegment* segment);

}  // namespace fastseq
