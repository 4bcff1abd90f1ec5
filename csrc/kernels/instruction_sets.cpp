#include "kernels/instruction_sets.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

namespace fastseq::kernels {

int64_t instruction_sets() { return hwy::SupportedTargets(); }

void disable_instruction_sets(int64_t mask) {
  hwy::DisableTargets(mask);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace fastseq::kernels
