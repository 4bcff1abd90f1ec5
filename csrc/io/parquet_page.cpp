#include "io/parquet_page.h"

#include <algorithm>

namespace fastseq {
namespace {

// Calls `read` for each field of a struct, which reads or skips its value and returns whether it could.
template <class Read>
bool read_fields(ThriftReader* reader, Read read) {
  for (ThriftField field = {};;) {
    if (!reader->next(field.id, &field)) return false;
    if (field.id == 0) return true;
    if (!read(field)) return false;
  }
}

// Stores the integer that a field is, and skips another value.
bool read_int(ThriftReader* reader, const ThriftField& field, int64_t* value) {
  return field.type == ThriftType::kInt32 ? reader->read_int(value) : reader->skip(field.type);
}

bool read_data_header(ThriftReader* reader, PageHeader* header) {  // and that of a dictionary, which begins like it
  return read_fields(reader, [&](const ThriftField& field) {
    switch (field.id) {
      case 1:
        return read_int(reader, field, &header->rows);
      case 2:
        return read_int(reader, field, &header->encoding);
      case 3:
        return read_int(reader, field, &header->level_encoding);
      default:
        return reader->skip(field.type);
    }
  });
}

bool read_data_header_v2(ThriftReader* reader, PageHeader* header) {
  return read_fields(reader, [&](const ThriftField& field) {
    switch (field.id) {
      case 1:
        return read_int(reader, field, &header->rows);
      case 4:
        return read_int(reader, field, &header->encoding);
      case 5:
        return read_int(reader, field, &header->level_bytes);
      case 6:
        return read_int(reader, field, &header->repetition_bytes);
      case 7:
        header->is_compressed = field.type != ThriftType::kFalse;
        return reader->skip(field.type);
      default:
        return reader->skip(field.type);
    }
  });
}

}  // namespace

bool read_page_header(ThriftReader* reader, PageHeader* header) {
  *header = {};
  return read_fields(reader, [&](const ThriftField& field) {
    const bool is_struct = field.type == ThriftType::kStruct;
    if (field.id == 1) return read_int(reader, field, &header->type);
    if (field.id == 2) return read_int(reader, field, &header->decoded_size);
    if (field.id == 3) return read_int(reader, field, &header->size);
    if (is_struct && (field.id == 5 || field.id == 7)) return read_data_header(reader, header);
    if (is_struct && field.id == 8) return read_data_header_v2(reader, header);
    return reader->skip(field.type);
  });
}

bool is_padding(const uint8_t* data, size_t size) {
  return size <= kMaxPadding && std::all_of(data, data + size, [](uint8_t byte) { return byte == 0; });
}

}  // namespace fastseq
