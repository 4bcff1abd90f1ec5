#include <cstddef>

#include "augment/augment.h"

namespace fastseq {
namespace {

constexpr size_t kDrawBytes = sizeof(double);

template <size_t kOffset, class Member>
constexpr AugmentColumn column(const char* name) {
  return {name, kOffset / kDrawBytes, sizeof(Member) / kDrawBytes};
}

#define FASTSEQ_COLUMN(member) column<offsetof(AugmentDraws, member), decltype(AugmentDraws::member)>(#member)
constexpr AugmentColumn kColumns[] = {
    FASTSEQ_COLUMN(m),         FASTSEQ_COLUMN(shift),         FASTSEQ_COLUMN(is_affine),  FASTSEQ_COLUMN(flip_columns),
    FASTSEQ_COLUMN(flip_rows), FASTSEQ_COLUMN(channel_shift), FASTSEQ_COLUMN(brightness),
};
#undef FASTSEQ_COLUMN

}  // namespace

const AugmentColumn* augment_columns(int* count) {
  *count = sizeof(kColumns) / sizeof(kColumns[0]);
  return kColumns;
}

}  // namespace fastseq
