// How one axis of the image maps to the output.
#pragma once

namespace fastseq {

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

}  // namespace fastseq
