#include "io/source.h"

namespace fastseq {

void Source::write_path(std::string* path) const {
  path->clear();
  const bool absolute = size > 0 && data[0] == '/';
  if (root_size > 0 && !absolute) {
    path->append(root, root_size);
    if (path->back() != '/') path->push_back('/');
  }
  path->append(data, size);
}

Source bytes_source(const uint8_t* data, size_t size, Packing packing) {
  return {Source::Kind::kBytes, reinterpret_cast<const char*>(data), size, "", 0, 0, 0, packing, {}, Status::kOk};
}

Source file_source(const uint8_t* path, size_t size) {
  return {Source::Kind::kFile, reinterpret_cast<const char*>(path), size, "", 0, 0, 0, {}, {}, Status::kOk};
}

Source failed_source(Status failure, const uint8_t* reason, size_t size) {
  Source source = bytes_source(reason, size);
  source.kind = Source::Kind::kFailed;
  source.failure = failure;
  return source;
}

Source range_source(const uint8_t* path, size_t size, int64_t offset, int64_t length, Packing packing) {
  return {Source::Kind::kFileRange,
          reinterpret_cast<const char*>(path),
          size,
          "",
          0,
          offset,
          length,
          packing,
          {},
          Status::kOk};
}

namespace {

// False where the row is not a range of the buffer.
bool add_buffer_row(const PathTable& table, size_t row, size_t buffer, std::vector<Source>* sources) {
  if (!table.range_offsets || !table.range_lengths) return false;
  const int64_t offset = table.range_offsets[row], length = table.range_lengths[row];
  const size_t size = table.buffer_sizes[buffer];
  if (offset < 0 || length < 0 || static_cast<size_t>(offset) > size) return false;
  if (static_cast<size_t>(length) > size - static_cast<size_t>(offset)) return false;
  sources->push_back(bytes_source(table.buffers[buffer] + offset, static_cast<size_t>(length)));
  return true;
}

// False where there is no such row.
bool add_row(const PathTable& table, int64_t row, std::vector<Source>* sources) {
  if (row < 0 || static_cast<size_t>(row) >= table.row_count) return false;
  const int64_t path = table.path_numbers ? table.path_numbers[row] : row;
  if (path < 0 || static_cast<size_t>(path) + 1 >= table.offset_count) return false;
  if (static_cast<size_t>(path) < table.buffer_count) {
    return add_buffer_row(table, static_cast<size_t>(row), static_cast<size_t>(path), sources);
  }
  const int64_t begin = table.offsets[path], end = table.offsets[path + 1];
  if (begin < 0 || begin > end || static_cast<size_t>(end) > table.blob_size) return false;
  Source source = file_source(table.blob + begin, static_cast<size_t>(end - begin));
  source.root = table.root;
  source.root_size = table.root_size;
  if (table.range_lengths && table.range_lengths[row] >= 0) {
    source.kind = Source::Kind::kFileRange;
    source.offset = table.range_offsets[row];
    source.length = table.range_lengths[row];
    if (source.offset < 0 || source.offset > INT64_MAX - source.length) return false;
    if (table.versions) source.version = table.versions[path];
    if (table.inflated_sizes) source.packing.inflated_size = table.inflated_sizes[row];
    if (table.checksums) source.packing.checksum = table.checksums[row];
  }
  sources->push_back(source);
  return true;
}

// False where the offsets are out of bounds.
bool add_crop_index(const PathTable& table, size_t row, Source* source) {
  const int64_t begin = table.crop_begins[row], end = table.crop_ends[row];
  if (begin < 0 || begin > end || static_cast<size_t>(end) > table.crop_indexes_size) return false;
  source->crop_index = table.crop_indexes + begin;
  source->crop_index_size = static_cast<size_t>(end - begin);
  return true;
}

}  // namespace

bool add_rows(const PathTable& table, const int64_t* rows, size_t row_count, std::vector<Source>* sources) {
  sources->reserve(sources->size() + row_count);
  for (size_t i = 0; i < row_count; ++i) {
    if (!add_row(table, rows[i], sources)) return false;
    if (table.crop_indexes && !add_crop_index(table, static_cast<size_t>(rows[i]), &sources->back())) return false;
  }
  return true;
}

}  // namespace fastseq
