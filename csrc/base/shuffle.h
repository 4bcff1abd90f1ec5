// Numbers in random order, the same on every platform.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// Writes 0, 1, ..., n - 1 in an order that `key` decides, each as probable as any other but for n / 2^64: Durstenfeld's
// shuffle (Algorithm 235, CACM 7, 1964), which draws place i from the stream that order/rng.py has for the key.
// n <= 2^31.
void shuffle(uint64_t key, int32_t* numbers, size_t n);

}  // namespace fastseq
