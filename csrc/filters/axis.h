// How source samples and filter entries lie along one axis.
#pragma once
#include "geometry/geometry.h"

namespace fastseq {

constexpr int kTapStep = 8;    // weights of an entry are padded with zeros to a multiple of this
constexpr int kEntryStep = 4;  // entries are padded with copies of the last to a multiple of this

// Source samples per sample of the resized grid.
inline double step_of(const AxisMap& axis) { return static_cast<double>(axis.source_length) / axis.grid; }

// The samples of one plane along one axis of the upright image.
struct PlaneAxis {
  int samples = 0;        // of the plane along this axis
  int scale = 1;          // full-size pixels per sample of the luma plane: 1, 2, 4 or 8
  int upsampling = 1;     // luma samples per sample of this plane
  bool triangle = false;  // libjpeg's fancy upsampling, where upsampling is 2; else each sample is repeated
  int pixels = 0;         // of the whole stored image along this axis, at full size
  bool reversed = false;  // the stored axis runs against the upright one
  int origin = 0;         // stored index of the first delivered sample
};

// Order of entries: by ascending stored position (`kStored`), or by position in the output (`kSlot`).
enum class TableOrder { kStored, kSlot };

// The output position of entry i of a table in stored order.
inline int slot_position(const AxisMap& axis, bool reversed, int i) {
  return reversed != axis.mirror ? axis.length - 1 - i : i;
}

}  // namespace fastseq
