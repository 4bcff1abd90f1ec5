#include "io/parquet_decoder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/little_endian.h"
#include "io/parquet_levels.h"
#include "io/parquet_page.h"
#include "io/parquet_runs.h"
#include "io/snappy.h"

namespace fastseq {
namespace {

// Bytes in memory.
struct Bytes {
  const uint8_t* begin;
  const uint8_t* end;

  size_t size() const { return static_cast<size_t>(end - begin); }
};

struct Value {
  int64_t offset, length;
};

class Decoder {
 public:
  Decoder(const EncodedColumn& column, uint8_t* out, size_t out_size, ParquetValues* values, std::string* reason)
      : column_(column),
        base_(column.is_snappy ? out : column.data),
        next_(column.data),
        out_(out),
        out_left_(out_size),
        rows_left_(column.rows),
        values_(values),
        reason_(reason) {}

  bool run() {
    while (rows_left_ > 0) {
      if (!read_page()) return false;
    }
    return true;
  }

 private:
  bool read_page();
  // The content of a page, of which the first bytes are never compressed.
  bool decompress(const PageHeader& page, size_t plain_bytes, Bytes* content);
  bool read_dictionary(const PageHeader& page, Bytes content);
  // Whether each row of a page has a value, in is_there_; takes that from the content.
  bool read_levels(const PageHeader& page, Bytes* content);
  bool read_levels_v2(const PageHeader& page, Bytes* content);
  bool add_plain(Bytes content);
  bool add_numbered(Bytes content);
  // Takes a value, after its length, from the content.
  bool take_value(Bytes* content, Value* value);
  void add(Value value) {
    values_->offsets.push_back(value.offset);
    values_->lengths.push_back(value.length);
  }
  bool fail(const char* what);

  const EncodedColumn& column_;
  const uint8_t* const base_;  // of offsets
  const uint8_t* next_;        // the page to read next
  uint8_t* out_;
  size_t out_left_;
  int64_t rows_left_;
  int64_t page_offset_ = 0;
  ParquetValues* const values_;
  std::string* const reason_;
  bool has_dictionary_ = false;
  std::vector<Value> dictionary_;
  std::vector<bool> is_there_;
};

bool Decoder::read_page() {
  page_offset_ = column_.begin + (next_ - column_.data);
  const uint8_t* const end = column_.data + column_.size;
  ThriftReader reader(next_, static_cast<size_t>(end - next_));
  PageHeader page;
  if (!read_page_header(&reader, &page)) return fail("no page");
  next_ += reader.position();
  if (page.size < 0 || page.size > end - next_) return fail("a page that does not end within its column");
  Bytes content = {next_, next_ + page.size};
  next_ = content.end;
  if (page.type == kIndexPage) return true;
  if (page.type == kDictionaryPage) return decompress(page, 0, &content) && read_dictionary(page, content);
  if (page.type != kDataPage && page.type != kDataPageV2) return fail("a page of an unknown type");
  const bool is_numbered = page.encoding == kPlainDictionary || page.encoding == kRleDictionary;
  if (page.encoding != kPlain && !is_numbered) return fail("a page in another encoding than the file's footer says");
  if (page.rows < 0 || page.rows > rows_left_) return fail("a page with too many rows");
  rows_left_ -= page.rows;
  is_there_.assign(static_cast<size_t>(page.rows), true);
  const bool is_right = page.type == kDataPage ? decompress(page, 0, &content) && read_levels(page, &content)
                                               : read_levels_v2(page, &content);
  return is_right && (is_numbered ? add_numbered(content) : add_plain(content));
}

bool Decoder::decompress(const PageHeader& page, size_t plain_bytes, Bytes* content) {
  if (!column_.is_snappy) return true;
  const auto plain = static_cast<int64_t>(plain_bytes);
  if (page.is_compressed && page.decoded_size < plain) return fail("a page that is smaller than its levels");
  const size_t out_size = page.is_compressed ? static_cast<size_t>(page.decoded_size - plain) : content->size();
  if (out_size > out_left_) return fail("pages that are larger than the file's footer says");
  if (!page.is_compressed) {
    if (out_size > 0) std::memcpy(out_, content->begin, out_size);
  } else if (content->size() + out_size > 0 && !snappy_decompress(content->begin, content->size(), out_, out_size)) {
    return fail("a page that cannot be decompressed");
  }
  *content = {out_, out_ + out_size};
  out_ += out_size;
  out_left_ -= out_size;
  return true;
}

bool Decoder::read_dictionary(const PageHeader& page, Bytes content) {
  if (has_dictionary_) return fail("a second dictionary");
  if (page.encoding != kPlain && page.encoding != kPlainDictionary) return fail("an encoded dictionary");
  if (page.rows < 0 || static_cast<uint64_t>(page.rows) > content.size() / 4)
    return fail("a dictionary that is too small");
  has_dictionary_ = true;
  dictionary_.resize(static_cast<size_t>(page.rows));
  for (Value& value : dictionary_) {
    if (!take_value(&content, &value)) return false;
  }
  return true;
}

bool Decoder::read_levels(const PageHeader& page, Bytes* content) {
  if (column_.max_level == 0) return true;
  if (page.level_encoding == kBitPacked) {
    size_t used = 0;
    if (!parse_packed_levels(content->begin, content->size(), column_.max_level, &is_there_, &used)) {
      return fail("levels that are damaged");
    }
    content->begin += used;
    return true;
  }
  if (page.level_encoding != kRle || content->size() < 4) return fail("levels in an unknown encoding");
  const size_t size = little_endian_32(content->begin);
  content->begin += 4;
  if (size > content->size()) return fail("levels that do not fit");
  if (!parse_levels(content->begin, size, column_.max_level, &is_there_)) return fail("levels that are damaged");
  content->begin += size;
  return true;
}

bool Decoder::read_levels_v2(const PageHeader& page, Bytes* content) {
  if (page.repetition_bytes != 0 || page.level_bytes < 0 || static_cast<uint64_t>(page.level_bytes) > content->size()) {
    return fail("levels that do not fit");
  }
  const auto size = static_cast<size_t>(page.level_bytes);
  if (column_.max_level > 0 && !parse_levels(content->begin, size, column_.max_level, &is_there_)) {
    return fail("levels that are damaged");
  }
  content->begin += size;
  return decompress(page, size, content);
}

bool Decoder::add_plain(Bytes content) {
  for (const bool is_there : is_there_) {
    Value value = {0, -1};
    if (is_there && !take_value(&content, &value)) return false;
    add(value);
  }
  return is_padding(content.begin, content.size()) || fail("a page with too many values");
}

bool Decoder::add_numbered(Bytes content) {
  if (!has_dictionary_) return fail("a page without its dictionary");
  auto left = static_cast<uint64_t>(std::count(is_there_.begin(), is_there_.end(), true));
  const int width = left == 0 ? 0 : content.size() > 0 ? *content.begin++ : 33;
  if (width > 32) return fail("numbers of dictionary entries of too many bits");
  ParquetRuns runs(content.begin, content.size(), width);
  ParquetRun run = {};
  uint64_t i = 0;  // in the run
  for (const bool is_there : is_there_) {
    Value value = {0, -1};
    if (is_there) {
      if (i == run.count) {
        if (!runs.next(left, &run)) return fail("numbers of dictionary entries that are damaged");
        left -= run.count;
        i = 0;
      }
      const uint32_t number = run.at(i++);
      if (number >= dictionary_.size()) return fail("a value that is not in the dictionary");
      value = dictionary_[number];
    }
    add(value);
  }
  return true;
}

bool Decoder::take_value(Bytes* content, Value* value) {
  if (content->size() < 4) return fail("a page with too few values");
  const int64_t length = little_endian_32(content->begin);
  content->begin += 4;
  if (length > content->end - content->begin) return fail("a value that does not end within its page");
  *value = {content->begin - base_, length};
  content->begin += length;
  return true;
}

bool Decoder::fail(const char* what) {
  *reason_ = "at byte " + std::to_string(page_offset_) + ": " + what;
  return false;
}

}  // namespace

Status decode_column(const EncodedColumn& column, uint8_t* out, size_t out_size, ParquetValues* values,
                     std::string* reason) {
  return Decoder(column, out, out_size, values, reason).run() ? Status::kOk : Status::kCorrupt;
}

}  // namespace fastseq
