#include "io/parquet_reader.h"

#include <algorithm>

#include "base/little_endian.h"
#include "io/parquet_levels.h"
#include "io/parquet_page.h"

namespace fastseq {
namespace {

constexpr int64_t kWindow = 4096;
constexpr int64_t kMaxHeader = 1 << 20;
constexpr int64_t kMaxLevels = 1 << 20;  // bytes
constexpr int64_t kMaxRows = 1 << 20;    // of a page, and about as many are read at once

}  // namespace

struct ParquetReader::Page : PageHeader {
  int64_t begin = 0, end = 0;  // of its data
};

ParquetReader::ParquetReader(std::shared_ptr<const OpenFile> file) : window_(std::move(file), kWindow) {}

Status ParquetReader::start(const ParquetChunk& chunk) {
  if (chunk.begin < 0 || chunk.size < 0 || chunk.begin > window_.file().size() - chunk.size) return Status::kTruncated;
  if (chunk.rows < 0 || chunk.max_level < 0) return Status::kCorrupt;
  chunk_ = chunk;
  position_ = chunk.begin;
  rows_left_ = chunk.rows;
  return Status::kOk;
}

Status ParquetReader::read(size_t max_pages, ParquetValues* values, bool* done, std::string* reason) {
  const size_t before = values->offsets.size();
  for (size_t pages = 0; pages < max_pages && rows_left_ > 0; ++pages) {
    if (values->offsets.size() - before >= size_t{kMaxRows}) return Status::kOk;
    const Status status = read_page(values, reason);
    if (status != Status::kOk) return status;
  }
  *done = rows_left_ == 0;
  return Status::kOk;
}

Status ParquetReader::read_page(ParquetValues* values, std::string* reason) {
  Page page;
  Status status = read_header(&page, reason);
  if (status != Status::kOk) return status;
  position_ = page.end;
  if (page.type == kIndexPage) return Status::kOk;
  if (page.type != kDataPage && page.type != kDataPageV2) return fail("a page that is not of data", reason);
  if (page.encoding != kPlain) return fail("an encoded page", reason);
  if (page.rows < 0 || page.rows > std::min(rows_left_, kMaxRows)) return fail("a page with too many rows", reason);
  rows_left_ -= page.rows;
  status = read_levels(&page, reason);
  return status == Status::kOk ? read_values(page, values, reason) : status;
}

Status ParquetReader::read_header(Page* page, std::string* reason) {
  // The statistics in a header have whole values.
  for (int64_t wanted = kWindow;; wanted = kMaxHeader) {
    const int64_t size = std::min(wanted, chunk_.begin + chunk_.size - position_);
    const uint8_t* data;
    const Status status = view(position_, size, &data, reason);
    if (status != Status::kOk) return status;
    ThriftReader reader(data, static_cast<size_t>(size));
    const bool is_right = read_page_header(&reader, page);
    if (!is_right && reader.is_cut_off() && size == wanted && wanted < kMaxHeader) continue;
    page->begin = position_ + static_cast<int64_t>(reader.position());
    if (!is_right || page->size < 0 || page->size > chunk_.begin + chunk_.size - page->begin) {
      return fail("no page, or one that does not end within its column", reason);
    }
    page->end = page->begin + page->size;
    return Status::kOk;
  }
}

Status ParquetReader::read_levels(Page* page, std::string* reason) {
  is_there_.assign(static_cast<size_t>(page->rows), true);
  int64_t size = page->level_bytes;
  const uint8_t* data;
  if (page->type == kDataPage && chunk_.max_level > 0) {
    if (page->level_encoding != kRle || page->size < 4) return fail("levels in an old encoding", reason);
    const Status status = view(page->begin, 4, &data, reason);
    if (status != Status::kOk) return status;
    size = little_endian_32(data);
    page->begin += 4;
  }
  if (page->repetition_bytes != 0 || size < 0 || size > page->end - page->begin || size > kMaxLevels) {
    return fail("levels that do not fit", reason);
  }
  if (chunk_.max_level > 0) {
    const Status status = view(page->begin, size, &data, reason);
    if (status != Status::kOk) return status;
    if (!parse_levels(data, static_cast<size_t>(size), chunk_.max_level, &is_there_)) {
      return fail("levels that are damaged", reason);
    }
  }
  page->begin += size;
  return Status::kOk;
}

Status ParquetReader::read_values(const Page& page, ParquetValues* values, std::string* reason) {
  int64_t offset = page.begin;
  for (const bool is_there : is_there_) {
    int64_t length = -1;
    if (is_there) {
      if (page.end - offset < 4) return fail("a page with too few values", reason);
      const uint8_t* data;
      const Status status = view(offset, 4, &data, reason);
      if (status != Status::kOk) return status;
      length = little_endian_32(data);
      offset += 4;
      if (length > page.end - offset) return fail("a value that does not end within its page", reason);
    }
    values->offsets.push_back(offset);
    values->lengths.push_back(length);
    offset += std::max<int64_t>(length, 0);
  }
  const int64_t left = page.end - offset;
  if (left == 0) return Status::kOk;
  if (left > int64_t{kMaxPadding}) return fail("a page with too many values", reason);
  const uint8_t* data;
  const Status status = view(offset, left, &data, reason);
  if (status != Status::kOk || is_padding(data, static_cast<size_t>(left))) return status;
  return fail("a page with too many values", reason);
}

Status ParquetReader::view(int64_t offset, int64_t size, const uint8_t** data, std::string* reason) {
  size_t available = 0;
  const Status status = window_.view(offset, static_cast<size_t>(size), data, &available, reason);
  if (status != Status::kOk || static_cast<int64_t>(available) >= size) return status;
  *reason = "the file ends within a page";
  return Status::kTruncated;
}

Status ParquetReader::fail(const char* what, std::string* reason) const {
  *reason = "at byte " + std::to_string(position_) + ": " + what;
  return Status::kCorrupt;
}

}  // namespace fastseq
