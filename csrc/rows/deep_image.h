// An image whose samples are not bytes.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/enum_table.h"
#include "geometry/geometry.h"

namespace fastseq {

enum class SampleType : int32_t { kUint16 = 0, kInt16 = 1, kInt32 = 2, kFloat32 = 3, kFloat64 = 4 };
// By NumPy's names.
EnumTable sample_type_table();
int sample_bytes(SampleType type);

// Interleaved samples in memory, 1 or 3 channels, without padding, at any address.
struct DeepImage {
  const uint8_t* data;
  SampleType type;
  int height, width, channels;
};

// Reads rows of the upright image as doubles.
class DeepRows {
 public:
  // `channels`: of what is read: those of the image, or 1 for the gray of three. `bgr`: the order of the image's.
  // `swap`: whether to exchange the first and third channel.
  DeepRows(const DeepImage& image, const Orientation& orientation, int channels, bool bgr, bool swap);

  int height() const { return height_; }
  int width() const { return width_; }
  // The pixels of an upright row.
  void read(int row, double* out) const;

 private:
  template <class T>
  void read_as(const uint8_t* from, double* out) const;

  const DeepImage image_;
  const int channels_;
  const bool bgr_, swap_;
  int height_, width_;                    // of the upright image
  const uint8_t* first_;                  // pixel (0, 0) of the upright image
  ptrdiff_t row_stride_, column_stride_;  // bytes from one upright row or column to the next
};

}  // namespace fastseq
