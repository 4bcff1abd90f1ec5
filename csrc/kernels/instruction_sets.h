// The instruction sets that kernels are compiled for, as masks of Highway's targets.
#pragma once
#include <cstdint>

namespace fastseq::kernels {

// Those that kernels are compiled for and this processor supports.
int64_t instruction_sets();
// The name of the best of them.
const char* best_instruction_set();
// For tests: stops using the instruction sets of the mask.
void disable_instruction_sets(int64_t mask);

}  // namespace fastseq::kernels
