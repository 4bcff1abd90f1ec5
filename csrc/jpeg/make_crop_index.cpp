#include "jpeg/make_crop_index.h"

#include <atomic>

#include "io/crc32c.h"
#include "io/image_format.h"
#include "jpeg/baseline_scan.h"
#include "jpeg/crop_index.h"
#include "jpeg/entropy_segment.h"
#include "jpeg/frame.h"
#include "jpeg/header.h"

namespace fastseq {
namespace {

void put(std::vector<uint8_t>* out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<uint8_t>(value >> 8 * i));
}

// Turns places in segments without stuffing into offsets in the file, in their order.
class FileOffsets {
 public:
  FileOffsets(const uint8_t* data, size_t end) : data_(data), end_(end) {}

  // The offset of the byte with bit `bits` of the segment at `segment`.
  size_t find(size_t segment, int64_t bits) {
    if (segment != segment_) {
      segment_ = at_ = segment;
      bytes_ = 0;
    }
    for (; bytes_ < bits / 8; ++bytes_) at_ = after(first_of(at_));
    return first_of(at_);
  }

 private:
  // Past fill bytes before one that is 0xFF.
  size_t first_of(size_t at) const {
    while (at + 1 < end_ && data_[at] == 0xFF && data_[at + 1] == 0xFF) ++at;
    return at;
  }
  size_t after(size_t at) const { return at + (data_[at] == 0xFF ? 2 : 1); }

  const uint8_t* const data_;
  const size_t end_;
  size_t segment_ = 0, at_ = 0;
  int64_t bytes_ = 0;
};

class IndexMaker {
 public:
  IndexMaker(const uint8_t* data, size_t size, std::vector<uint8_t>* entries)
      : data_(data), size_(size), entries_(entries) {}

  // False if the file has no index; some entries may have been added then.
  bool make(JpegScratch* scratch) {
    JpegHeader header;
    if (sniff_image(data_, size_).format != ImageFormat::kJpeg) return false;
    if (size_ > UINT32_MAX || read_jpeg_header(data_, size_, &header) != Status::kOk) return false;
    if (!header.ends || header.scans != 1) return false;
    JpegMarkers markers(data_, size_);
    JpegFrame frame;
    JpegScan scan;
    if (markers.next_scan(&frame, &scan) != JpegMarkers::Found::kScan || frame.progressive) return false;
    if (scan.components != frame.components) return false;
    if (frame.width != header.width || frame.height != header.height) return false;
    const size_t end = next_jpeg_marker(data_, size_, scan.begin);
    const BaselineScan::Memory memory = {
        scratch->entropy.reserve(size_ - scan.begin + BitSegment::kSlack),
        scratch->huffman.reserve_as<BaselineScan::Tables>(1),
        scratch->coefficients.reserve_as<int16_t>(static_cast<size_t>(BaselineScan::kBlocksPerRead) * kBlockSize)};
    const bool wanted[3] = {};
    BaselineScan reader;
    if (!reader.open(data_, size_, frame, scan, wanted, memory)) return false;
    put(entries_, static_cast<uint32_t>(size_), 4);
    put(entries_, crc32c(data_, scan.begin), 4);
    put(entries_, static_cast<uint32_t>(end), 4);
    return add_rows(&reader, scan.begin, end);
  }

 private:
  bool add_rows(BaselineScan* reader, size_t begin, size_t end) {
    FileOffsets offsets(data_, end);
    const std::atomic<bool> cancelled{false};
    for (int row = 0; row < reader->mcus_down(); ++row) {
      BaselineScan::Place place;
      if (!reader->skip_to(row * reader->mcus_across(), cancelled) || !reader->find_place(&place)) return false;
      const size_t offset = offsets.find(place.segment, place.bits);
      if (offset >= end || (row == 0 && offset != begin)) return false;
      put(entries_, static_cast<uint32_t>(offset), 4);
      put(entries_, static_cast<uint32_t>(place.bits % 8), 1);
      put(entries_, crop_row_check(data_, offset, end), 1);
      for (int16_t dc : place.dc) put(entries_, static_cast<uint16_t>(dc), 2);
    }
    return reader->skip_to(reader->mcus_down() * reader->mcus_across(), cancelled) && reader->ends_cleanly(true);
  }

  const uint8_t* const data_;
  const size_t size_;
  std::vector<uint8_t>* const entries_;
};

}  // namespace

void add_crop_index(const uint8_t* data, size_t size, JpegScratch* scratch, std::vector<uint8_t>* entries) {
  const size_t before = entries->size();
  if (!IndexMaker(data, size, entries).make(scratch)) entries->resize(before);
}

}  // namespace fastseq
