// Filters as tables: which source samples make an output sample, and with what weights.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "geometry/geometry.h"

namespace fastseq {

enum class Interpolation : int32_t {
  kAntialias = 0,
  kLinear = 1,
  kCv2Linear = 2,
  kCv2Nearest = 3,
  kCv2Area = 4,
  kPilNearest = 5,
  kPilBox = 6,
  kPilBilinear = 7,
  kPilHamming = 8,
  kPilBicubic = 9,
  kPilLanczos = 10,
  kTfNearest = 11,
  kTfBilinear = 12,
  kTfBicubic = 13,
  kTfArea = 14,
  kTfLanczos3 = 15,
  kTfLanczos5 = 16,
  kTfGaussian = 17,
  kTfMitchellcubic = 18,
};

// Whether the filter promises another library's result, which is made from pixels at full size.
inline bool is_exact(Interpolation i) { return i != Interpolation::kAntialias && i != Interpolation::kLinear; }
inline bool is_pil(Interpolation i) { return i >= Interpolation::kPilNearest && i <= Interpolation::kPilLanczos; }
// Those whose result is float, as TensorFlow's is.
inline bool is_tf(Interpolation i) { return i >= Interpolation::kTfNearest; }

constexpr int kWeightBits = 14;
constexpr int kTapStep = 8;    // weights are padded with zeros to a multiple of this
constexpr int kEntryStep = 4;  // entries are padded with copies of the last to a multiple of this

// Entry i reads samples first[i] .. first[i] + taps[i] - 1. Weights of an entry sum to 1 << kWeightBits.
struct FilterTable {
  int size = 0;    // entries, padding not counted
  int stride = 0;  // weights from one entry to the next
  std::vector<int32_t> first;
  std::vector<int32_t> taps;
  std::vector<int16_t> weights;

  const int16_t* entry(int i) const { return weights.data() + static_cast<size_t>(i) * stride; }
};

// How the samples of a plane lie on the axis of the upright picture.
struct PlaneAxis {
  int samples = 0;        // of the plane along this axis
  int scale = 1;          // full-size pixels to one sample of the luma plane: 1, 2, 4 or 8
  int upsampling = 1;     // luma samples to one of this plane
  bool triangle = false;  // libjpeg's fancy upsampling, where upsampling is 2; else each sample is repeated
  int pixels = 0;         // of the whole stored picture along this axis, at full size
  bool reversed = false;  // the stored axis runs against the upright one
  int origin = 0;         // stored index of the first sample that is at hand
};

// Order of entries: by ascending stored position (`kStored`), or by place in the output (`kSlot`).
enum class TableOrder { kStored, kSlot };

// Triangle filters, for kAntialias (support widens with the reduction, as Pillow's BILINEAR) and kLinear (two taps, as
// cv2.INTER_LINEAR), composed with the upsampling of a subsampled plane.
void make_filter_table(const AxisMap& axis, const PlaneAxis& plane, Interpolation filter, TableOrder order,
                       FilterTable* table);

// The libraries' own arithmetic where an output is made of at most two samples: their 11-bit weights for each output,
// along a column or row axis of the upright picture, in its order. Where one sample is picked, low == high.
struct PairTable {
  std::vector<int32_t> low, high;
  std::vector<int16_t> weight_low, weight_high;
  std::vector<int16_t> spread;  // low, high, low, high ... four times an entry, for vectors of 4-byte pixels

  int size() const { return static_cast<int>(low.size()); }
};
// For kCv2Linear, kCv2Nearest, kPilNearest, and kCv2Area where an axis grows.
PairTable make_pair_table(const AxisMap& axis, Interpolation filter, bool columns);

// Where entry i of a stored-order table goes in the output.
inline int slot_position(const AxisMap& axis, bool reversed, int i) {
  return reversed != axis.mirror ? axis.length - 1 - i : i;
}

}  // namespace fastseq
