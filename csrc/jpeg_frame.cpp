#include "jpeg_frame.h"

#include <algorithm>
#include <cstring>

namespace fastseq {
namespace {

constexpr int kMaxDimension = 65500;  // libjpeg's

int read16(const uint8_t* p) { return p[0] << 8 | p[1]; }

struct Colour {
  bool jfif = false, adobe = false;
  int transform = 0;
};

bool read_quant(const uint8_t* body, size_t size, JpegFrame* frame) {
  while (size > 0) {
    const int bytes = body[0] >> 4 ? 2 : 1, table = body[0] & 15;
    const size_t length = 1 + 64 * static_cast<size_t>(bytes);
    if (table > 3 || size < length) return false;
    for (int i = 0; i < 64; ++i) {
      const int value = bytes == 2 ? read16(body + 1 + 2 * i) : body[1 + i];
      frame->quant[table][kNatural[i]] = static_cast<int16_t>(value);
    }
    frame->quant_defined[table] = true;
    body += length;
    size -= length;
  }
  return true;
}

bool read_huffman(const uint8_t* body, size_t size, JpegFrame* frame) {
  while (size > 0) {
    if (size < 17 || (body[0] & ~0x13)) return false;
    HuffmanCode& code = (body[0] & 0x10 ? frame->ac : frame->dc)[body[0] & 3];
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
    c = {p[0], p[1] >> 4, p[1] & 15, p[2], 0, 0};
    if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant_table > 3) return false;
    if (frame->components == 1) c.h = c.v = 1;  // a scan of one component is a scan of single blocks
    for (int j = 0; j < i; ++j) {
      if (frame->component[j].id == c.id) return false;
    }
  }
  return true;
}

// Component 0 must have the most samples, and the others divide them.
bool has_usual_sampling(JpegFrame* frame) {
  const JpegFrame::Component& full = frame->component[0];
  int blocks = 0;
  for (int i = 0; i < frame->components; ++i) {
    const JpegFrame::Component& c = frame->component[i];
    if (full.h % c.h || full.v % c.v) return false;
    blocks += c.h * c.v;
  }
  frame->max_h = full.h;
  frame->max_v = full.v;
  return blocks <= 10;
}

// As jdapimin.c judges it.
bool is_ycc(const JpegFrame& frame, const Colour& colour) {
  if (colour.jfif) return true;
  if (colour.adobe) return colour.transform == 1;
  const auto& c = frame.component;
  return !(c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B');
}

bool read_scan(const uint8_t* body, size_t size, JpegFrame* frame) {
  const int n = frame->components;
  if (n == 0 || size != 4 + 2 * static_cast<size_t>(n) || body[0] != n) return false;
  for (int i = 0; i < n; ++i) {
    JpegFrame::Component& c = frame->component[i];
    const int tables = body[2 + 2 * i];
    c.dc_table = tables >> 4;
    c.ac_table = tables & 15;
    if (body[1 + 2 * i] != c.id || c.dc_table > 3 || c.ac_table > 3) return false;
    if (!frame->quant_defined[c.quant_table] || !frame->dc[c.dc_table].defined || !frame->ac[c.ac_table].defined) {
      return false;
    }
  }
  const uint8_t* rest = body + 1 + 2 * n;
  return rest[0] == 0 && rest[1] == 63 && rest[2] == 0;
}

// False where libjpeg would warn of the version.
bool read_app0(const uint8_t* body, size_t size, Colour* colour) {
  if (size < 14 || std::memcmp(body, "JFIF", 5) != 0) return true;
  colour->jfif = true;
  return body[5] == 1;
}

void read_app14(const uint8_t* body, size_t size, Colour* colour) {
  if (size < 12 || std::memcmp(body, "Adobe", 5) != 0) return;
  colour->adobe = true;
  colour->transform = body[11];
}

bool read_segment(int marker, const uint8_t* body, size_t size, JpegFrame* frame, Colour* colour) {
  switch (marker) {
    case 0xC0:
    case 0xC1:
      return read_sizes(body, size, frame);
    case 0xC4:
      return read_huffman(body, size, frame);
    case 0xDA:
      return read_scan(body, size, frame);
    case 0xDB:
      return read_quant(body, size, frame);
    case 0xDD:
      frame->restart_interval = size == 2 ? read16(body) : 0;
      return size == 2;
    case 0xE0:
      return read_app0(body, size, colour);
    case 0xEE:
      read_app14(body, size, colour);
      return true;
    default:  // comments and applications' own
      return marker == 0xFE || (marker >= 0xE0 && marker <= 0xEF);
  }
}

}  // namespace

bool read_jpeg_frame(const uint8_t* data, size_t size, JpegFrame* frame) {
  Colour colour;
  if (size < 2 || data[0] != 0xFF || data[1] != 0xD8) return false;
  for (size_t at = 2; at + 4 <= size;) {
    if (data[at] != 0xFF) return false;
    const int marker = data[at + 1];
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    const size_t length = static_cast<size_t>(read16(data + at + 2));
    if (length < 2 || length > size - at - 2) return false;
    if (!read_segment(marker, data + at + 4, length - 2, frame, &colour)) return false;
    at += 2 + length;
    if (marker == 0xDA) {
      frame->scan_begin = at;
      return has_usual_sampling(frame) && (frame->components == 1 || is_ycc(*frame, colour));
    }
  }
  return false;
}

}  // namespace fastseq
