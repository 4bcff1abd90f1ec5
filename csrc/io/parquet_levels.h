// Definition levels of Parquet: which rows have a value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastseq {

// Sets each of `is_there` to whether the level of its row is `max_level`, which is at least 1. False if the data are
// not as many levels in the hybrid of runs and packed bits that
// https://parquet.apache.org/docs/file-format/data-pages/encodings/ describes.
bool parse_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there);

}  // namespace fastseq
