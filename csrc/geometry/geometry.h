// Which part of the stored image becomes which part of the slot: orientation, crops, resizing and flips, as numbers.
#pragma once
#include <cstdint>
#include <vector>

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

// `exif` is the tag (1-8). kLandscape adds np.rot90 where the upright image is higher than wide.
Orientation resolve_orientation(Orient orient, int exif, int stored_height, int stored_width);

enum class OpKind : int32_t {
  kResizeShort = 0,
  kCenterCrop = 1,
  kRandomResizedCrop = 2,
  kFlip = 3,
  kCropToAspect = 4,
  kPadToAspect = 5,
};

// One step of a transform. Random steps read their uniform draws in [0, 1) from the sample's parameters at `draw`.
struct Op {
  OpKind kind;
  double a, b, c, d;  // ResizeShort: size. CenterCrop: height, width. RandomResizedCrop: scale low, high, ratio low,
                      // high (22 draws). Flip: probability, 1 for horizontal or 0 for vertical (1 draw). CropToAspect:
                      // 0 for keras.utils.load_img's integers, 1 for keras's smart_resize of tensors, float32
  int32_t draw;
};

// One axis of the upright image. The window [source_begin, +source_length) is resized to `grid` samples, of which
// [begin, +length) are the output, from its sample `pad` on; `mirror`: written backwards.
struct AxisMap {
  int source_begin = 0;
  int source_length = 0;
  int grid = 0;
  int begin = 0;
  int length = 0;
  int pad = 0;
  bool mirror = false;
};

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
