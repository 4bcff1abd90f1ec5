// Maps the stored image to the slot: orientation, crops, resizing and flips, as numbers.
#pragma once
#include <cstdint>
#include <vector>

#include "base/enum_table.h"
#include "geometry/axis_map.h"
#include "geometry/op.h"

namespace fastseq {

// How the upright image is stored. Without `transpose`, upright row r is stored row r (H-1-r if `flip_rows`) and column
// c is stored column c (W-1-c if `flip_columns`). With it, upright columns run along stored rows and upright rows along
// stored columns; each flag mirrors its stored axis.
struct Orientation {
  bool transpose = false;
  bool flip_rows = false;
  bool flip_columns = false;
};

enum class Orient : int32_t { kNone = 0, kExif = 1, kLandscape = 2 };
EnumTable orient_table();

// `exif` is the EXIF tag (1-8). kLandscape adds np.rot90 where the upright image is taller than wide.
Orientation resolve_orientation(Orient orient, int exif, int stored_height, int stored_width);

struct Geometry {
  AxisMap rows, columns;  // of the upright image
  bool padded = false;    // whether they may be smaller than the output
};

// Applies the ops to an upright image of height x width, for an output of out_height x out_width. Returns false where a
// crop after a resize does not give the output's size, and where PadToAspect follows a resize or is followed by
// anything but flips.
bool resolve_geometry(const std::vector<Op>& ops, const double* draws, int height, int width, int out_height,
                      int out_width, Geometry* geometry);

}  // namespace fastseq
