#include "jpeg_frame.h"

#include <algorithm>
#include <cstring>

#include "jpeg_header.h"

namespace fastseq {
namespace {

constexpr int kMaxDimension = 65500;  // libjpeg's
constexpr int kMaxBlocksPerMcu = 10;

int read16(const uint8_t* p) { return p[0] << 8 | p[1]; }

// What markers have said so far; it holds until another says otherwise.
struct Markers {
  bool jfif = false, adobe = false;
  int transform = 0;
  int restart_interval = 0;
  bool quant_defined[4] = {};
  int16_t quant[4][64];
  HuffmanCode dc[4], ac[4];
};

bool read_quant(const uint8_t* body, size_t size, Markers* markers) {
  while (size > 0) {
    const int bytes = body[0] >> 4 ? 2 : 1, table = body[0] & 15;
    const size_t length = 1 + 64 * static_cast<size_t>(bytes);
    if (table > 3 || size < length) return false;
    for (int i = 0; i < 64; ++i) {
      const int value = bytes == 2 ? read16(body + 1 + 2 * i) : body[1 + i];
      markers->quant[table][kNatural[i]] = static_cast<int16_t>(value);
    }
    markers->quant_defined[table] = true;
    body += length;
    size -= length;
  }
  return true;
}

bool read_huffman(const uint8_t* body, size_t size, Markers* markers) {
  while (size > 0) {
    if (size < 17 || (body[0] & ~0x13)) return false;
    HuffmanCode& code = (body[0] & 0x10 ? markers->ac : markers->dc)[body[0] & 3];
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
    c.id = p[0];
    c.h = p[1] >> 4;
    c.v = p[1] & 15;
    c.quant_table = p[2];
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
  for (int i = 0; i < frame->components; ++i) {
    const JpegFrame::Component& c = frame->component[i];
    if (full.h % c.h || full.v % c.v) return false;
  }
  frame->max_h = full.h;
  frame->max_v = full.v;
  return true;
}

// As jdapimin.c judges it.
bool is_ycc(const JpegFrame& frame, const Markers& markers) {
  if (markers.jfif) return true;
  if (markers.adobe) return markers.transform == 1;
  const auto& c = frame.component;
  return !(c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B');
}

// Of the components that no scan had before.
bool read_scan(const uint8_t* body, size_t size, const Markers& markers, JpegFrame* frame) {
  if (size < 1 || frame->components == 0 || frame->scans == 3) return false;
  JpegScan& scan = frame->scan[frame->scans++];
  const int n = body[0];
  if (n < 1 || n > frame->components || size != 4 + 2 * static_cast<size_t>(n)) return false;
  int blocks = 0, index = -1;
  for (int i = 0; i < n; ++i) {
    const int id = body[1 + 2 * i], tables = body[2 + 2 * i];
    do {
      if (++index == frame->components) return false;  // libjpeg has them in order
    } while (frame->component[index].id != id);
    JpegFrame::Component& c = frame->component[index];
    for (int s = 0; s < frame->scans - 1; ++s) {
      for (int j = 0; j < frame->scan[s].components; ++j) {
        if (frame->scan[s].component[j].index == index) return false;
      }
    }
    const int dc = tables >> 4, ac = tables & 15;
    if (dc > 3 || ac > 3 || !markers.dc[dc].defined || !markers.ac[ac].defined) return false;
    if (!markers.quant_defined[c.quant_table]) return false;
    scan.component[scan.components++] = {index, dc, ac};
    std::copy_n(markers.quant[c.quant_table], 64, c.quant);
    scan.dc[dc] = markers.dc[dc];
    scan.ac[ac] = markers.ac[ac];
    blocks += c.h * c.v;
  }
  scan.restart_interval = markers.restart_interval;
  const uint8_t* rest = body + 1 + 2 * n;
  return rest[0] == 0 && rest[1] == 63 && rest[2] == 0 && (!scan.interleaved() || blocks <= kMaxBlocksPerMcu);
}

bool has_all_components(const JpegFrame& frame) {
  int components = 0;
  for (int i = 0; i < frame.scans; ++i) components += frame.scan[i].components;
  return frame.components > 0 && components == frame.components;
}

// False where libjpeg would warn of the version.
bool read_app0(const uint8_t* body, size_t size, Markers* markers) {
  if (size < 14 || std::memcmp(body, "JFIF", 5) != 0) return true;
  markers->jfif = true;
  return body[5] == 1;
}

void read_app14(const uint8_t* body, size_t size, Markers* markers) {
  if (size < 12 || std::memcmp(body, "Adobe", 5) != 0) return;
  markers->adobe = true;
  markers->transform = body[11];
}

bool read_segment(int marker, const uint8_t* body, size_t size, JpegFrame* frame, Markers* markers) {
  switch (marker) {
    case 0xC0:
    case 0xC1:
      return read_sizes(body, size, frame);
    case 0xC4:
      return read_huffman(body, size, markers);
    case 0xDA:
      return read_scan(body, size, *markers, frame);
    case 0xDB:
      return read_quant(body, size, markers);
    case 0xDD:
      markers->restart_interval = size == 2 ? read16(body) : 0;
      return size == 2;
    case 0xE0:
      return frame->scans == 0 && read_app0(body, size, markers);
    case 0xEE:
      read_app14(body, size, markers);
      return frame->scans == 0;
    default:  // comments and applications' own
      return marker == 0xFE || (marker >= 0xE0 && marker <= 0xEF);
  }
}

}  // namespace

bool read_jpeg_frame(const uint8_t* data, size_t size, JpegFrame* frame) {
  Markers markers;
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
    if (!read_segment(marker, data + at + 4, length - 2, frame, &markers)) return false;
    at += 2 + length;
    if (marker == 0xDA) {
      frame->scan[frame->scans - 1].begin = at;
      if (has_all_components(*frame)) {
        return has_usual_sampling(frame) && (frame->components == 1 || is_ycc(*frame, markers));
      }
      at = next_jpeg_marker(data, size, at);
    }
  }
  return false;
}

}  // namespace fastseq
