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

// Some components of the picture, each MCU of one after the other.
struct JpegScan {
  struct Component {
    int index;  // in the frame
    int dc_table, ac_table;
  };
  int components = 0;
  Component component[3];
  int restart_interval = 0;
  HuffmanCode dc[4], ac[4];
  size_t begin = 0;  // of the entropy-coded bytes

  // Of a component that is alone, an MCU is one block.
  bool interleaved() const { return components > 1; }
};

struct JpegFrame {
  struct Component {
    int id, h, v;
    int quant_table;
    alignas(64) int16_t quant[64];  // natural order; modulo 2^16, as libjpeg's SIMD has them
  };
  int width = 0, height = 0;
  int components = 0;  // 1 (gray) or 3 (YCbCr)
  Component component[3];
  int max_h = 1, max_v = 1;
  int scans = 0;  // each component is in one of them
  JpegScan scan[3];
};

// Reads the markers up to the last scan. False where anything is not as in a plain sequential file, or where libjpeg
// would warn: such files are for libjpeg.
bool read_jpeg_frame(const uint8_t* data, size_t size, JpegFrame* frame);

}  // namespace fastseq
