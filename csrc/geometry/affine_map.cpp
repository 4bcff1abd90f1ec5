#include "geometry/affine_map.h"

#include <algorithm>
#include <cmath>

namespace fastseq {
namespace {

constexpr double kMaxCoordinate = 1e9;  // pixels

bool is_small(double value) { return std::abs(value) < kMaxCoordinate; }

}  // namespace

bool AffineMap::is_finite() const { return std::all_of(m, m + 4, is_small) && std::all_of(shift, shift + 2, is_small); }

EnumTable fill_mode_table() {
  static constexpr EnumMember kMembers[] = {
      enum_member(FillMode::kNearest, "nearest"),
      enum_member(FillMode::kConstant, "constant"),
      enum_member(FillMode::kReflect, "reflect"),
      enum_member(FillMode::kWrap, "wrap"),
  };
  return enum_table(kMembers);
}

}  // namespace fastseq
