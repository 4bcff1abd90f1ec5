// The entropy-coded blocks of a sequential scan.
#pragma once
#include <cstddef>
#include <cstdint>

#include "huffman_table.h"

namespace fastseq {

constexpr int kMaxBlocksPerMcu = 10;
constexpr int kBlockSize = 64;

// Which coefficients of a block are wanted; the others are read past.
enum class Keep : uint8_t { kNothing, kDc, kAll };

// What an MCU is made of.
struct McuLayout {
  struct Block {
    const DcTable* dc;
    const AcTable* ac;
    const SkipTable* skip;  // needed where not all is kept, and by skip_mcus
    int component;
    Keep keep;
  };
  int blocks = 0;
  Block block[kMaxBlocksPerMcu];
};

// Entropy-coded bytes between two markers, free of stuffed zeros, and how far they are read. kSlack readable bytes
// follow them.
struct BitSegment {
  static constexpr int kSlack = 320;  // more than the longest block has

  const uint8_t* begin = nullptr;
  const uint8_t* next = nullptr;
  uint64_t bits = 0;  // left-justified
  int count = 0;      // how many of them are counted as read; a few more may be there
  int64_t size = 0;   // in bits
  int32_t dc[3] = {};

  void open(const uint8_t* data, size_t bytes) {
    begin = next = data;
    bits = 0;
    count = 0;
    size = static_cast<int64_t>(bytes) * 8;
    dc[0] = dc[1] = dc[2] = 0;
  }
  int64_t left() const { return size - ((next - begin) * 8 - count); }
};

// Reads MCUs into `coefficients`: kBlockSize for each block, in the order of the file but with its coefficients in
// natural order, not dequantised; kBlockSize more may be written. last[b]: no coefficient of block b beyond this one,
// in zigzag order, is other than zero. False where anything is amiss.
bool decode_mcus(const McuLayout& layout, int mcus, BitSegment* segment, int16_t* coefficients, uint8_t* last);
// Reads past MCUs.
bool skip_mcus(const McuLayout& layout, int mcus, BitSegment* segment);

}  // namespace fastseq
