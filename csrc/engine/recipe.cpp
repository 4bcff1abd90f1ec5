#include "engine/recipe.h"

namespace fastseq {

const ColorMode* color_modes(int* count) {
  static constexpr ColorMode kModes[] = {
      {"rgb", 3, false, false, false},    {"bgr", 3, true, false, false},      {"gray", 1, false, false, false},
      {"pil.rgb", 3, false, true, false}, {"pil.gray", 1, false, true, false}, {"index", 1, false, false, true},
  };
  *count = sizeof(kModes) / sizeof(kModes[0]);
  return kModes;
}

}  // namespace fastseq
