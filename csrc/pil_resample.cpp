#include "resample.h"

namespace fastseq {

Status resample_pil(RowSource*, const ResamplePlan&, SlotWriter*, int, Workspace*, const std::atomic<bool>&) {
  return Status::kInternal;
}

}  // namespace fastseq
