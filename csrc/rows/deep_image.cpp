#include "rows/deep_image.h"

#include <cstring>

namespace fastseq {
namespace {

// ITU-R BT.601, as cv2 and Pillow have it.
double luma(double red, double green, double blue) { return 0.299 * red + 0.587 * green + 0.114 * blue; }

template <class T>
double load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return static_cast<double>(value);
}

}  // namespace

EnumTable sample_type_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(SampleType::kUint16, "uint16"),   enum_member(SampleType::kInt16, "int16"),
      enum_member(SampleType::kInt32, "int32"),     enum_member(SampleType::kFloat32, "float32"),
      enum_member(SampleType::kFloat64, "float64"),
  };
  return enum_table(kMembers);
}

int sample_bytes(SampleType type) {
  switch (type) {
    case SampleType::kUint16:
    case SampleType::kInt16:
      return 2;
    case SampleType::kFloat64:
      return 8;
    default:
      return 4;
  }
}

DeepRows::DeepRows(const DeepImage& image, const Orientation& orientation, int channels, bool bgr, bool swap)
    : image_(image), channels_(channels), bgr_(bgr), swap_(swap) {
  const ptrdiff_t pixel = static_cast<ptrdiff_t>(image.channels) * sample_bytes(image.type);
  ptrdiff_t down = pixel * image.width, across = pixel;
  first_ = image.data;
  if (orientation.flip_rows) {
    first_ += down * (image.height - 1);
    down = -down;
  }
  if (orientation.flip_columns) {
    first_ += pixel * (image.width - 1);
    across = -across;
  }
  const bool transpose = orientation.transpose;
  row_stride_ = transpose ? across : down;
  column_stride_ = transpose ? down : across;
  height_ = transpose ? image.width : image.height;
  width_ = transpose ? image.height : image.width;
}

template <class T>
void DeepRows::read_as(const uint8_t* from, double* out) const {
  constexpr size_t kBytes = sizeof(T);
  if (image_.channels == 1) {
    for (int x = 0; x < width_; ++x, from += column_stride_) out[x] = load<T>(from);
    return;
  }
  for (int x = 0; x < width_; ++x, from += column_stride_) {
    const double a = load<T>(from), b = load<T>(from + kBytes), c = load<T>(from + 2 * kBytes);
    if (channels_ == 1) {
      *out++ = bgr_ ? luma(c, b, a) : luma(a, b, c);
      continue;
    }
    *out++ = swap_ ? c : a;
    *out++ = b;
    *out++ = swap_ ? a : c;
  }
}

void DeepRows::read(int row, double* out) const {
  const uint8_t* from = first_ + row_stride_ * row;
  switch (image_.type) {
    case SampleType::kUint16:
      return read_as<uint16_t>(from, out);
    case SampleType::kInt16:
      return read_as<int16_t>(from, out);
    case SampleType::kInt32:
      return read_as<int32_t>(from, out);
    case SampleType::kFloat32:
      return read_as<float>(from, out);
    case SampleType::kFloat64:
      return read_as<double>(from, out);
  }
}

}  // namespace fastseq
