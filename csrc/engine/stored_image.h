// What the header of an image file says of its pixels, before anything is decoded.
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/recipe.h"

namespace fastseq {

struct UprightSize {
  int height = 0, width = 0;
  bool gray = false;
};

// The size of an image once it is upright. False where its header does not say it, or where it exceeds the limits;
// decode_sample() then says why.
bool read_upright_size(const uint8_t* data, size_t size, const Recipe& recipe, UprightSize* upright);

}  // namespace fastseq
