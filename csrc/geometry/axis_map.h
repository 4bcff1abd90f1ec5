// What part of an image one axis of the output shows.
#pragma once

namespace fastseq {

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

}  // namespace fastseq
