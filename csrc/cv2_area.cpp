#include "resample.h"

namespace fastseq {

Status resample_cv2_area(RowSource*, const ResamplePlan&, SlotWriter*, int, Workspace*, const std::atomic<bool>&) {
  return Status::kInternal;
}

}  // namespace fastseq
