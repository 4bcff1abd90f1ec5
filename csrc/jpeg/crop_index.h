// Where the rows of MCUs of a JPEG begin, so that a crop is decoded from its first row on, and its rows no further than
// its right edge.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// An index as it is stored: entries of 12 bytes, numbers in little endian. The first one ties it to its file: u32 the
// file's size, u32 the CRC-32C of its bytes up to the entropy-coded ones, u32 the offset of the marker after these.
// Each other one is where a row begins, after its restart marker if there is one: u32 the offset in the file of the
// byte with its first bit, u8 the bit's number, u8 the low byte of the CRC-32C of the next bytes, i16 x 3 the DC
// predictors. May hold anything: nothing of it is relied on for memory safety.
class CropIndex {
 public:
  static constexpr size_t kEntryBytes = 12;
  static constexpr int kCheckedBytes = 16;  // of a row; fewer at the end

  struct Row {
    size_t begin;  // of the bytes of its bits
    int bit;       // its first one in the first byte, counted from the highest
    size_t end;    // of its bytes, and of up to two more
    int16_t dc[3];
  };

  CropIndex() = default;
  // Both must outlive the index.
  CropIndex(const uint8_t* entries, size_t entries_size, const uint8_t* data, size_t size);

  bool exists() const { return entries_size_ > 0; }
  // Whether it is of this file, by all that one can tell without reading the entropy-coded bytes.
  bool fits() const { return fits_; }
  int rows() const { return static_cast<int>(entries_size_ / kEntryBytes) - 1; }
  // Valid where it fits: where the entropy-coded bytes begin, and where the marker at their end does.
  size_t begin() const;
  size_t end() const;
  // Where it fits: finds row i < rows(). False if it cannot be there.
  bool find(int i, Row* row) const;

 private:
  const uint8_t* entry(int i) const { return entries_ + kEntryBytes * static_cast<size_t>(i); }

  const uint8_t* entries_ = nullptr;
  size_t entries_size_ = 0;
  const uint8_t* data_ = nullptr;
  bool fits_ = false;
};

// The check of a row whose first bit is in data[begin], and the marker after the entropy-coded bytes at data[end].
uint8_t crop_row_check(const uint8_t* data, size_t begin, size_t end);

}  // namespace fastseq
