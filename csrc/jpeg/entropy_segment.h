// Entropy-coded bytes as they lie in the file, from one marker to the next.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

struct EntropySegment {
  size_t size = 0;   // bytes without stuffing
  int marker = 0;    // what ends it; 0 where the data end first
  size_t after = 0;  // where the data go on behind the marker
};

// Copies the segment that begins at `at` to `out`, without the zeros that are stuffed in behind 0xFF. `out` holds
// size - at bytes.
EntropySegment unstuff_segment(const uint8_t* data, size_t size, size_t at, uint8_t* out);

// Entropy-coded bytes between two markers, free of stuffed zeros, and how far they are read. kSlack readable bytes
// follow them.
struct BitSegment {
  static constexpr int kSlack = 320;  // more than the longest block has

  const uint8_t* begin = nullptr;
  const uint8_t* next = nullptr;
  uint64_t bits = 0;  // left-justified
  int count = 0;      // how many of them are counted as read; a few more may be there
  int64_t size = 0;   // in bits

  void open(const uint8_t* data, size_t bytes) {
    begin = next = data;
    bits = 0;
    count = 0;
    size = static_cast<int64_t>(bytes) * 8;
  }
  int64_t left() const { return size - ((next - begin) * 8 - count); }
};

// The segments of one scan in turn, each of them ready to be read.
class ScanSegments {
 public:
  // `bytes` holds as many as the file has behind `begin`, and BitSegment::kSlack.
  ScanSegments() = default;
  ScanSegments(const uint8_t* data, size_t size, size_t begin, uint8_t* bytes)
      : data_(data), size_(size), at_(begin), bytes_(bytes) {}

  // The first segment. False where the data end in it.
  bool begin(BitSegment* segment) { return next(segment); }
  // The segment behind a restart marker. False where this one is not read up, or no such marker follows.
  bool restart(BitSegment* segment);
  // Whether this segment is read up, and the scan ends behind it; the last scan, and with it the image.
  bool ends(const BitSegment& segment, bool is_last) const;

 private:
  bool next(BitSegment* segment);

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t at_ = 0;  // where the file goes on behind the segment
  uint8_t* bytes_ = nullptr;
  int marker_ = 0;    // at the segment's end
  int restarts_ = 0;  // modulo 8
};

}  // namespace fastseq
