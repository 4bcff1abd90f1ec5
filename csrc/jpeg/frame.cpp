#include "jpeg/frame.h"

#include <algorithm>
#include <cstring>

#include "jpeg/header.h"

namespace fastseq {
namespace {

constexpr int kMaxDimension = 65500;  // libjpeg's
constexpr int kMaxBlocksPerMcu = 10;

int read16(const uint8_t* p) { return p[0] << 8 | p[1]; }

bool read_sizes(const uint8_t* body, size_t size, JpegFrame* frame) {
  if (frame->components != 0 || size < 6 || body[0] != 8) return false;
  frame->height = read16(body + 1);
  frame->width = read16(body + 3);
  frame->components = body[5];
  if (frame->components != 1 && frame->components != 3) return false;
  if (size != 6 + 3 * static_cast<size_t>(frame->components)) return false;
  if (frame->width < 1 || frame->height < 1 || std::max(frame->width, frame->height) > kMaxDimension) return false;
  for (int i = 0; i < frame->components; ++i) {
    const uint8_t* p = body + 6 + 3 * i;
    JpegFrame::Component& c = frame->component[i];
    c.id = p[0];
    c.h = p[1] >> 4;
    c.v = p[1] & 15;
    c.quant_table = p[2];
    if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant_table > 3) return false;
    if (frame->components == 1) {
      frame->mcu_rows_per_group = c.v;
      c.h = c.v = 1;  // a scan of one component consists of single blocks
    }
    for (int j = 0; j < i; ++j) {
      if (frame->component[j].id == c.id) return false;
    }
  }
  return true;
}

// Component 0 must have the most samples, and the others must divide it.
bool has_supported_sampling(JpegFrame* frame) {
  const JpegFrame::Component& full = frame->component[0];
  for (int i = 0; i < frame->components; ++i) {
    const JpegFrame::Component& c = frame->component[i];
    if (full.h % c.h || full.v % c.v) return false;
  }
  frame->max_h = full.h;
  frame->max_v = full.v;
  return true;
}

}  // namespace

// As jdapimin.c decides it.
bool JpegMarkers::is_ycc(const JpegFrame& frame) const {
  if (jfif_) return true;
  if (adobe_) return adobe_transform_ != 0;
  const auto& c = frame.component;
  return !(c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B');
}

bool JpegMarkers::read_quant(const uint8_t* body, size_t size) {
  while (size > 0) {
    const int bytes = body[0] >> 4 ? 2 : 1, table = body[0] & 15;
    const size_t length = 1 + 64 * static_cast<size_t>(bytes);
    if (table > 3 || size < length) return false;
    for (int i = 0; i < 64; ++i) {
      const int value = bytes == 2 ? read16(body + 1 + 2 * i) : body[1 + i];
      quant_[table][kNaturalOrder[i]] = static_cast<int16_t>(value);
    }
    quant_defined_[table] = true;
    body += length;
    size -= length;
  }
  return true;
}

bool JpegMarkers::read_huffman(const uint8_t* body, size_t size) {
  while (size > 0) {
    if (size < 17 || (body[0] & ~0x13)) return false;
    HuffmanCode& code = (body[0] & 0x10 ? ac_ : dc_)[body[0] & 3];
    size_t symbols = 0;
    for (int i = 1; i <= 16; ++i) symbols += code.counts[i] = body[i];
    if (symbols > 256 || size < 17 + symbols) return false;
    std::copy(body + 17, body + 17 + symbols, code.symbols);
    std::fill(code.symbols + symbols, code.symbols + 256, static_cast<uint8_t>(0));
    code.defined = true;
    body += 17 + symbols;
    size -= 17 + symbols;
  }
  return true;
}

bool JpegMarkers::read_scan(const uint8_t* body, size_t size, JpegFrame* frame, JpegScan* scan) const {
  const int n = size > 0 ? body[0] : 0;
  if (n < 1 || n > frame->components || size != 4 + 2 * static_cast<size_t>(n)) return false;
  *scan = JpegScan();
  int blocks = 0, index = -1;
  for (int i = 0; i < n; ++i) {
    const int id = body[1 + 2 * i], tables = body[2 + 2 * i];
    do {
      if (++index == frame->components) return false;
    } while (frame->component[index].id != id);
    JpegFrame::Component& c = frame->component[index];
    const int dc = tables >> 4, ac = tables & 15;
    if (dc > 3 || ac > 3) return false;
    scan->component[scan->components++] = {index, dc, ac};
    scan->dc[dc] = dc_[dc];
    scan->ac[ac] = ac_[ac];
    blocks += c.h * c.v;
    if (c.quant_known) continue;
    if (!quant_defined_[c.quant_table]) return false;
    std::copy_n(quant_[c.quant_table], 64, c.quant);
    c.quant_known = true;
  }
  const uint8_t* rest = body + 1 + 2 * n;
  scan->spectral_begin = rest[0];
  scan->spectral_end = rest[1];
  scan->successive_high = rest[2] >> 4;
  scan->successive_low = rest[2] & 15;
  scan->restart_interval = restart_interval_;
  return !scan->interleaved() || blocks <= kMaxBlocksPerMcu;
}

void JpegMarkers::read_app0(const uint8_t* body, size_t size) {
  if (size >= 14 && std::memcmp(body, "JFIF", 5) == 0) jfif_ = true;
}

void JpegMarkers::read_app14(const uint8_t* body, size_t size) {
  if (size < 12 || std::memcmp(body, "Adobe", 5) != 0) return;
  adobe_ = true;
  adobe_transform_ = body[11];
}

bool JpegMarkers::read_segment(int marker, const uint8_t* body, size_t size, JpegFrame* frame, JpegScan* scan) {
  switch (marker) {
    case 0xC0:
    case 0xC1:
    case 0xC2:
      frame->progressive = marker == 0xC2;
      return read_sizes(body, size, frame);
    case 0xC4:
      return read_huffman(body, size);
    case 0xDA:
      return read_scan(body, size, frame, scan);
    case 0xDB:
      return read_quant(body, size);
    case 0xDD:
      restart_interval_ = size == 2 ? read16(body) : 0;
      return size == 2;
    case 0xE0:
      read_app0(body, size);
      return scans_ == 0;  // libjpeg chooses the color space at the first scan
    case 0xEE:
      read_app14(body, size);
      return scans_ == 0;
    default:  // comments and application segments
      return marker == 0xFE || (marker >= 0xE0 && marker <= 0xEF);
  }
}

JpegMarkers::Found JpegMarkers::next_scan(JpegFrame* frame, JpegScan* scan) {
  if (scans_ > 0) {
    at_ = next_jpeg_marker(data_, size_, at_);
  } else {
    if (size_ < 2 || data_[0] != 0xFF || data_[1] != 0xD8) return Found::kUnsupported;
    at_ = 2;
  }
  for (;;) {
    // libjpeg skips what lies between two segments. Before the first scan that is no damage.
    if (scans_ == 0) at_ = next_jpeg_marker(data_, size_, at_);
    if (at_ + 2 > size_ || data_[at_] != 0xFF) break;
    const int marker = data_[at_ + 1];
    if (marker == 0xFF) {  // a fill byte
      ++at_;
      continue;
    }
    if (marker == 0xD9) return Found::kEnd;
    if (at_ + 4 > size_) break;
    const size_t length = static_cast<size_t>(read16(data_ + at_ + 2));
    if (length < 2 || length > size_ - at_ - 2) break;
    if (!read_segment(marker, data_ + at_ + 4, length - 2, frame, scan)) break;
    at_ += 2 + length;
    if (marker != 0xDA) continue;
    scan->begin = at_;
    if (scans_++ == 0 && !(has_supported_sampling(frame) && (frame->components == 1 || is_ycc(*frame)))) break;
    return Found::kScan;
  }
  return Found::kUnsupported;
}

}  // namespace fastseq
