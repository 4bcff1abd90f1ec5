// Headers of pages in Parquet files. After https://parquet.apache.org/docs/file-format/ and its parquet.thrift.
#pragma once
#include <cstddef>
#include <cstdint>

#include "io/thrift_struct.h"

namespace fastseq {

constexpr int64_t kDataPage = 0, kIndexPage = 1, kDictionaryPage = 2, kDataPageV2 = 3;
constexpr int64_t kPlain = 0, kPlainDictionary = 2, kRle = 3, kBitPacked = 4, kRleDictionary = 8;  // encodings

// What a header does not say, it leaves as it is here.
struct PageHeader {
  int64_t type = -1;
  int64_t size = -1, decoded_size = -1;  // of what follows the header, bytes: as it is, and once it is decompressed
  int64_t rows = -1, encoding = -1;      // of a dictionary: values
  int64_t level_encoding = kRle;         // of version 1
  int64_t level_bytes = 0;               // of version 2, as the next
  int64_t repetition_bytes = 0;          // of repetition levels
  bool is_compressed = true;             // if the column is
};

// False if the data are no header, or if they end before it does; see ThriftReader.
bool read_page_header(ThriftReader* reader, PageHeader* header);

// Whether what is left behind the values of a page may be there: fastparquet leaves up to eight zeros.
constexpr size_t kMaxPadding = 8;
bool is_padding(const uint8_t* data, size_t size);

}  // namespace fastseq
