// Which part of the stored image becomes which part of the slot: orientation, crops, resizing and flips, as numbers.
#pragma once
#include <cstdint>
#include <vector>

#include "base/enum_table.h"
#include "geometry/axis_map.h"
#include "geometry/op.h"

namespace fastseq {

// How an upright image lies in the file. Without `transpose`, row r of the upright image is stored row r
// (H-1-r where `flip_rows`) and column c is stored column c (W-1-c where `flip_columns`). With it, upright
// columns run along stored rows and upright rows along stored columns, mirrored by the flag of the stored axis.
struct Orientation {
  bool transpose = false;
  bool flip_rows = false;
  bool flip_columns = false;
};

enum class Orient : int32_t { kNone = 0, kExif = 1, kLandscape = 2 };
EnumTable orient_table();

// `exif` is the tag (1-8). kLandscape adds np.rot90 where the upright image is higher than wide.
Orientation resolve_orientation(Orient orient, int exif, int stored_height, int stored_width);

struct Geometry {
  AxisMap rows, columns;  // of the upright image
  bool padded = false;    // they need not fill the output
};

// Follows the ops over an upright image of height x width to an output of out_height x out_width.
// False where a crop after a resize does not give the output's size, and where PadToAspect, the resize, has another
// resize before it or anything but flips after it.
bool resolve_geometry(const std::vector<Op>& ops, const double* draws, int height, int width, int out_height,
                      int out_width, Geometry* geometry);

}  // namespace fastseq
