// Where the values of a column of byte arrays are.
#pragma once
#include <cstdint>
#include <vector>

namespace fastseq {

// By row; a row without a value has the length -1.
struct ParquetValues {
  std::vector<int64_t> offsets, lengths;
};

}  // namespace fastseq
