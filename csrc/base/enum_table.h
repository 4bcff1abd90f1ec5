// Enum members with their names, for the Python binding.
#pragma once
#include <cstdint>

namespace fastseq {

struct EnumMember {
  int32_t value;
  const char* name;
};

struct EnumTable {
  const EnumMember* members;
  int count;
};

template <int kCount>
constexpr EnumTable enum_table(const EnumMember (&members)[kCount]) {
  return {members, kCount};
}

template <class Enum>
constexpr EnumMember enum_member(Enum value, const char* name) {
  return {static_cast<int32_t>(value), name};
}

}  // namespace fastseq
