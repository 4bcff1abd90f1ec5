#include "base/shuffle.h"

#include <utility>

namespace fastseq {
namespace {

// SplitMix64, as `draw` in order/rng.py.
uint64_t draw(uint64_t key, uint64_t counter) {
  uint64_t word = key + (counter + 1) * 0x9E3779B97F4A7C15;
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
  word = (word ^ word >> 27) * 0x94D049BB133111EB;
  return word ^ word >> 31;
}

// A number below `bound`, which is at most 2^31: the upper half of word * bound, without 128-bit integers.
uint64_t below(uint64_t bound, uint64_t word) {
  return ((word >> 32) * bound + ((word & UINT32_MAX) * bound >> 32)) >> 32;
}

}  // namespace

void shuffle(uint64_t key, int32_t* numbers, size_t n) {
  for (size_t i = 0; i < n; ++i) numbers[i] = static_cast<int32_t>(i);
  for (size_t i = n; i-- > 1;) std::swap(numbers[i], numbers[below(i + 1, draw(key, i))]);
}

}  // namespace fastseq
