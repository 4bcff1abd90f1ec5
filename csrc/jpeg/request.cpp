#include "jpeg/request.h"

namespace fastseq {

EnumTable damage_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(Damage::kAccept, "accept"),
      enum_member(Damage::kRefuse, "refuse"),
      enum_member(Damage::kRefuseCut, "refuse_truncated"),
  };
  return enum_table(kMembers);
}

}  // namespace fastseq
