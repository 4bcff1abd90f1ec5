// Snappy's raw format, as pages of Parquet files are compressed. After
// https://github.com/google/snappy/blob/main/format_description.txt.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

// Decompresses data[0, size) into out[0, out_size), which must not overlap. False if the data are damaged, or do not
// decompress to exactly `out_size` bytes; then the contents of `out` are arbitrary.
bool snappy_decompress(const uint8_t* data, size_t size, uint8_t* out, size_t out_size);

}  // namespace fastseq
