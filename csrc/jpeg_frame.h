// What our own decoder must know of a JPEG before its entropy-coded data.
#pragma once
#include <cstddef>
#include <cstdint>

#include "huffman_table.h"

namespace fastseq {

// Natural from zigzag order.
alignas(64) inline constexpr uint8_t kNatural[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                                     12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                                     35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                                     58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

struct JpegFrame {
  struct Component {
    int id, h, v;
    int quant_table, dc_table, ac_table;
  };
  int width = 0, height = 0;
  int components = 0;  // 1 (gray) or 3 (YCbCr)
  Component component[3];
  int max_h = 1, max_v = 1;
  int restart_interval = 0;
  bool quant_defined[4] = {};
  alignas(64) int16_t quant[4][64];  // natural order; modulo 2^16, as libjpeg's SIMD has them
  HuffmanCode dc[4], ac[4];
  size_t scan_begin = 0;  // of the entropy-coded bytes
};

// Reads the markers up to the first scan. False where anything is not as in a plain sequential file of one interleaved
// scan, or where libjpeg would warn: such files are for libjpeg.
bool read_jpeg_frame(const uint8_t* data, size_t size, JpegFrame* frame);

}  // namespace fastseq
