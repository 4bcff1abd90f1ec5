// Decodes the pages of a column of byte arrays in a row group of a Parquet file that is in memory: not compressed, or
// by Snappy; values that are PLAIN, or the numbers of dictionary entries. After
// https://parquet.apache.org/docs/file-format/.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "io/parquet_values.h"

namespace fastseq {

// A column in a row group, as the file's footer describes it.
struct EncodedColumn {
  const uint8_t* data;  // its pages
  size_t size;
  int64_t begin;  // where in the file they begin
  int64_t rows;
  int max_level;  // the definition level of a value that is there; 0 if no row can lack one
  bool is_snappy;
};

// Finds the value of each row: by its offset in `out` if the column is compressed, which its pages are decompressed to,
// otherwise by that in its data. Values may share their bytes. kCorrupt where the pages are not as the column says, or
// decompress to more than `out_size` bytes, with the place in *reason. Throws std::bad_alloc.
Status decode_column(const EncodedColumn& column, uint8_t* out, size_t out_size, ParquetValues* values,
                     std::string* reason);

}  // namespace fastseq
