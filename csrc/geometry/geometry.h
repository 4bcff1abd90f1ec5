// Maps the stored image to the slot: orientation, crops, resizing and flips, as numbers.
#pragma once
#include <cstdint>
#include <vector>

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

// `exif` is the EXIF tag (1-8). kLandscape adds np.rot90 where the upright image is taller than wide.
Orientation resolve_orientation(Orient orient, int exif, int stored_height, int stored_width);

enum class OpKind : int32_t {
  kResizeShort = 0,
  kCenterCrop = 1,
  kRandomResizedCrop = 2,
  kFlip = 3,
  kCropToAspect = 4,
  kPadToAspect = 5,
};

// One step of a transform. A random step reads its uniform draws in [0, 1) from `draw` on.
struct Op {
  OpKind kind;
  double a, b, c, d;  // ResizeShort: size. CenterCrop: height, width. RandomResizedCrop: scale low, high, ratio low,
                      // high (22 draws). Flip: probability, 1 for horizontal or 0 for vertical (1 draw). CropToAspect:
                      // 0 for keras.utils.load_img's integers, 1 for keras's smart_resize of tensors, float32
  int32_t draw;
};

// One axis of the upright image. The source window [source_begin, source_begin + source_length) is resized to `grid`
// samples. Samples [begin, begin + length) of these are written to the output from `pad` on, backwards if `mirror`.
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
  bool padded = false;    // whether they may be smaller than the output
};

// Applies the ops to an upright image of height x width, for an output of out_height x out_width. Returns false where a
// crop after a resize does not give the output's size, and where PadToAspect follows a resize or is followed by
// anything but flips.
bool resolve_geometry(const std::vector<Op>& ops, const double* draws, int height, int width, int out_height,
                      int out_width, Geometry* geometry);

}  // namespace fastseq
