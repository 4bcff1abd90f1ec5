// Definition levels of Parquet: which rows have a value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastseq {

// Sets each of `is_there` to whether the level of its row is `max_level`, which is at least 1. False if the data are
// not as many levels; see ParquetRuns.
bool parse_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there);

// The same of the deprecated encoding BIT_PACKED: packed from the highest bit on. *used receives how many bytes they
// take.
bool parse_packed_levels(const uint8_t* data, size_t size, int max_level, std::vector<bool>* is_there, size_t* used);

}  // namespace fastseq
