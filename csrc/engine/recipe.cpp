#include "engine/recipe.h"

namespace fastseq {

const ColorMode* color_modes(int* count) {
  static constexpr ColorMode kModes[] = {
      {"rgb", 3, false, false},    {"bgr", 3, true, false},      {"gray", 1, false, false},
      {"pil.rgb", 3, false, true}, {"pil.gray", 1, false, true},
  };
  *count = sizeof(kModes) / sizeof(kModes[0]);
  return kModes;
}

}  // namespace fastseq
