// The markers of a JPEG that our own decoders read.
#pragma once
#include <cstddef>
#include <cstdint>

#include "jpeg/huffman_table.h"

namespace fastseq {

// Maps zigzag order to natural order.
alignas(64) inline constexpr uint8_t kNaturalOrder[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

inline int ceil_div(int a, int b) { return (a + b - 1) / b; }

struct JpegFrame {
  struct Component {
    int id, h, v;
    int quant_table;
    bool quant_known;               // fixed at the component's first scan
    alignas(64) int16_t quant[64];  // natural order; modulo 2^16, as in libjpeg's SIMD code
  };
  bool progressive = false;
  int width = 0, height = 0;
  int components = 0;  // 1 (gray) or 3 (YCbCr)
  Component component[3] = {};
  int max_h = 1, max_v = 1;
  int mcu_rows_per_group = 1;  // rows of MCUs that libjpeg reads at a time; a gray image's MCU is one block

  // The component's own blocks, without those that pad MCUs.
  int blocks_across(const Component& c) const { return ceil_div(width * c.h, max_h * 8); }
  int blocks_down(const Component& c) const { return ceil_div(height * c.v, max_v * 8); }
};

// The header of one scan, and the tables that it uses.
struct JpegScan {
  struct Component {
    int index;  // in the frame, ascending
    int dc_table, ac_table;
  };
  int components = 0;
  Component component[3];
  int spectral_begin = 0, spectral_end = 63;    // zigzag indices, inclusive
  int successive_high = 0, successive_low = 0;  // successive approximation: Ah and Al
  int restart_interval = 0;
  HuffmanCode dc[4], ac[4];  // those that the components use
  size_t begin = 0;          // of the entropy-coded bytes

  // The MCUs of a non-interleaved scan are single blocks.
  bool interleaved() const { return components > 1; }
};

// Reads a file's markers, scan by scan.
class JpegMarkers {
 public:
  JpegMarkers(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  // kUnsupported: anything unusual, or anything that may be damage. Such files are left to libjpeg.
  enum class Found { kScan, kEnd, kUnsupported };
  // Skips to the next scan. The first call also reads the frame.
  Found next_scan(JpegFrame* frame, JpegScan* scan);

 private:
  bool read_segment(int marker, const uint8_t* body, size_t size, JpegFrame* frame, JpegScan* scan);
  bool read_quant(const uint8_t* body, size_t size);
  bool read_huffman(const uint8_t* body, size_t size);
  bool read_scan(const uint8_t* body, size_t size, JpegFrame* frame, JpegScan* scan) const;
  void read_app0(const uint8_t* body, size_t size);
  void read_app14(const uint8_t* body, size_t size);
  bool is_ycc(const JpegFrame& frame) const;

  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  int scans_ = 0;
  // State that later markers may replace.
  bool jfif_ = false, adobe_ = false;
  int adobe_transform_ = 0;
  int restart_interval_ = 0;
  bool quant_defined_[4] = {};
  int16_t quant_[4][64];
  HuffmanCode dc_[4], ac_[4];
};

}  // namespace fastseq
