// Where the bytes of an image are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file.h"
#include "io/packing.h"

namespace fastseq {

// Bytes in memory, a file, a range of bytes of a file, or what the caller could not get. Whatever it points to belongs
// to the caller.
struct Source {
  enum class Kind : uint8_t { kBytes, kFile, kFileRange, kFailed };

  Kind kind;
  const char* data;  // the bytes, the path, or why it could not be had
  size_t size;
  const char* root;  // folder of a relative path, or empty
  size_t root_size;
  int64_t offset, length;               // of kFileRange; neither is negative
  Packing packing;                      // of kBytes and kFileRange
  FileVersion version;                  // of the file, when the image was found in it
  Status failure = Status::kOk;         // of kFailed
  const uint8_t* crop_index = nullptr;  // of a JPEG; see jpeg/crop_index.h
  size_t crop_index_size = 0;           // in bytes; 0 for none

  bool is_file() const { return kind == Kind::kFile || kind == Kind::kFileRange; }
  // Writes the path joined to the root. Throws std::bad_alloc.
  void write_path(std::string* path) const;
};

Source bytes_source(const uint8_t* data, size_t size, Packing packing = {});
Source file_source(const uint8_t* path, size_t size);
// The sample ends with this status and these words.
Source failed_source(Status failure, const uint8_t* reason, size_t size);
Source range_source(const uint8_t* path, size_t size, int64_t offset, int64_t length, Packing packing = {});

// Many images in a few arrays: blob[offsets[p], offsets[p + 1]) is path number p.
struct PathTable {
  const uint8_t* blob;
  size_t blob_size;
  const int64_t* offsets;
  size_t offset_count;
  const char* root;
  size_t root_size;
  size_t row_count;
  const int32_t* path_numbers;                   // of each row. Null: row r has path r
  const int64_t *range_offsets, *range_lengths;  // of each row; a negative length is a whole file. Null: whole files
  const int64_t *inflated_sizes, *checksums;     // of each row; see Packing. Null: -1 in all rows
  const FileVersion* versions;                   // of each path. Null: none is known
  // Path number p < buffer_count is no path: its rows are ranges of buffers[p], and not packed.
  const uint8_t* const* buffers;
  const size_t* buffer_sizes;
  size_t buffer_count;
  // crop_indexes[crop_begins[r], crop_ends[r]) is the crop index of row r. Null: none has one
  const uint8_t* crop_indexes;
  size_t crop_indexes_size;
  const int64_t *crop_begins, *crop_ends;
};

// Adds the sources of some rows. False where a row, an offset or a range is out of bounds.
bool add_rows(const PathTable& table, const int64_t* rows, size_t row_count, std::vector<Source>* sources);

}  // namespace fastseq
