// Where the values of a column of byte arrays are in a Parquet file, found without reading them: they lie in the file
// as they are where pages are not compressed and the encoding is PLAIN. After
// https://parquet.apache.org/docs/file-format/.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_window.h"
#include "io/parquet_values.h"

namespace fastseq {

// A column in a row group, as the file's footer describes it.
struct ParquetChunk {
  int64_t begin, size;  // of its pages, bytes
  int64_t rows;
  int max_level;  // the definition level of a value that is there; 0 if no row can lack one
};

// Memory is bounded by a page's header, levels and rows, 3 MiB, and by what is added to the values.
class ParquetReader {
 public:
  explicit ParquetReader(std::shared_ptr<const OpenFile> file);

  // The chunk to read next; kTruncated if it is not within the file, kCorrupt if a number is negative.
  Status start(const ParquetChunk& chunk);
  // Adds the rows of up to `max_pages`, and about a million at most; *done once the chunk has none left. kCorrupt where
  // the pages are not as the chunk says, with the place in *reason; then nothing is to be read on. Throws
  // std::bad_alloc.
  Status read(size_t max_pages, ParquetValues* values, bool* done, std::string* reason);

 private:
  struct Page;

  Status read_page(ParquetValues* values, std::string* reason);
  Status read_header(Page* page, std::string* reason);
  // Whether each row of the page has a value, in is_there_; moves the start of the page's data behind that.
  Status read_levels(Page* page, std::string* reason);
  Status read_values(const Page& page, ParquetValues* values, std::string* reason);
  Status view(int64_t offset, int64_t size, const uint8_t** data, std::string* reason);
  Status fail(const char* what, std::string* reason) const;

  FileWindow window_;
  ParquetChunk chunk_ = {};
  int64_t position_ = 0;  // of the next page
  int64_t rows_left_ = 0;
  std::vector<bool> is_there_;
};

}  // namespace fastseq
