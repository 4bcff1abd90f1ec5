#include "kernels/instruction_sets.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

namespace fastseq::kernels {

int64_t instruction_sets() { return hwy::SupportedTargets() & HWY_TARGETS; }

const char* best_instruction_set() {
  const int64_t usable = instruction_sets();
  return hwy::TargetName(usable ? usable & -usable : HWY_STATIC_TARGET);  // the best has the lowest bit
}

void disable_instruction_sets(int64_t mask) {
  hwy::DisableTargets(mask);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace fastseq::kernels
