// Entropy-coded data between two markers.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

struct EntropySegment {
  size_t size = 0;   // bytes, without stuffing
  int marker = 0;    // the marker that ends it; 0 at the end of the data
  size_t after = 0;  // offset after the marker
};

// Copies the segment at `at` to `out`, without the zeros stuffed in after 0xFF. `out` must hold size - at bytes.
EntropySegment unstuff_segment(const uint8_t* data, size_t size, size_t at, uint8_t* out);

// A segment without stuffing, and the read position in it. kSlack readable bytes must follow it.
struct BitSegment {
  static constexpr int kSlack = 320;  // more than the longest block

  const uint8_t* begin = nullptr;
  const uint8_t* next = nullptr;
  uint64_t bits = 0;  // left-justified
  int count = 0;      // number of unread bits; a few more may be present
  int64_t size = 0;   // in bits

  void open(const uint8_t* data, size_t bytes) {
    begin = next = data;
    bits = 0;
    count = 0;
    size = static_cast<int64_t>(bytes) * 8;
  }
  // Skips the first 0 to 7 bits of a segment that was just opened.
  void skip_first(int first_bits) {
    bits = static_cast<uint64_t>(*next++) << (56 + first_bits);
    count = 8 - first_bits;
  }
  int64_t left() const { return size - position(); }
  int64_t position() const { return (next - begin) * 8 - count; }  // of the next bit
};

// The segments of one scan, one after the other.
class ScanSegments {
 public:
  // `bytes` must hold all bytes from `begin` to the end of the file, and BitSegment::kSlack.
  ScanSegments() = default;
  ScanSegments(const uint8_t* data, size_t size, size_t begin, uint8_t* bytes)
      : data_(data), size_(size), at_(begin), bytes_(bytes) {}

  // Opens the first segment. False where the data end in it.
  bool begin(BitSegment* segment) { return next(segment); }
  // Opens the part of a segment at [begin, end), after so many restart markers, whether or not a marker ends it.
  bool seek(size_t begin, size_t end, int restarts, BitSegment* segment);
  size_t segment_begin() const { return begin_; }  // in the file
  // Opens the segment after a restart marker. False if this one is not fully read, or no such marker follows.
  bool restart(BitSegment* segment);
  // Whether this segment is fully read and the scan ends after it. The last scan must end with the image.
  bool ends(const BitSegment& segment, bool is_last) const;

 private:
  bool next(BitSegment* segment);

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t begin_ = 0;  // offset of the segment
  size_t at_ = 0;     // offset after the segment and its marker
  uint8_t* bytes_ = nullptr;
  int marker_ = 0;    // at the segment's end
  int restarts_ = 0;  // modulo 8
  bool may_be_cut_ = false;
};

}  // namespace fastseq
