// The fields of a struct in Thrift's compact protocol, as the headers of pages in Parquet files are written: they have
// neither sets nor maps. After https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastseq {

enum class ThriftType : uint8_t {
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kBytes = 8,
  kList = 9,
  kStruct = 12,
};

struct ThriftField {
  int64_t id;
  ThriftType type;
};

// Reads in memory that the caller owns. Once a call has failed, all do.
class ThriftReader {
 public:
  ThriftReader(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  // How many bytes have been read.
  size_t position() const { return position_; }
  // Whether the data ended before what was to be read; false if they are wrong.
  bool is_cut_off() const { return is_cut_off_; }
  // The next field of a struct, whose value is to be read or skipped next; id 0 at its end. `previous` is the id of the
  // field before it in this struct, or 0.
  bool next(int64_t previous, ThriftField* field);
  bool read_int(int64_t* value);
  bool skip(ThriftType type) { return skip(type, 0); }

 private:
  bool skip(ThriftType type, int depth);
  bool skip_list(int depth);
  bool read_byte(uint8_t* byte);
  bool read_varint(uint64_t* value);
  bool advance(uint64_t count);

  const uint8_t* data_;
  size_t size_;
  size_t position_ = 0;
  bool is_cut_off_ = false;
};

}  // namespace fastseq
