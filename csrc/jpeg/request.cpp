#include "jpeg/request.h"

namespace fastseq {

EnumTable strictness_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(Strictness::kAcceptDamaged, "accept_damaged"),
      enum_member(Strictness::kRejectDamaged, "reject_damaged"),
      enum_member(Strictness::kRejectTruncated, "reject_truncated"),
  };
  return enum_table(kMembers);
}

}  // namespace fastseq
