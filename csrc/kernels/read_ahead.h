// How far kernels read and write past the end of a row, as they load and store whole vectors.
#pragma once

namespace fastseq::kernels {

constexpr int kReadAhead = 64;  // bytes

}  // namespace fastseq::kernels
