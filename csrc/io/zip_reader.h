// The directory of a zip archive, and where its members' contents are. After PKWARE's APPNOTE.TXT, version 6.3.10.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_window.h"

namespace fastseq {

// What the central directory says of a member. Nothing is checked but that no number is negative.
struct ZipMember {
  int64_t name_end;       // in ZipMembers::names
  int64_t header_offset;  // of the member's own header in the archive
  int64_t compressed_size, size;
  int64_t crc32;
  int64_t method;      // how it is compressed
  int64_t flags;       // general purpose bits
  int64_t system;      // on which it was made
  int64_t attributes;  // of that system
};

// Members in the directory's order.
struct ZipMembers {
  std::string names;  // one after the other
  std::vector<ZipMember> members;
};

// Memory is bounded by the longest entry of a directory, 192 KiB, and by what is added to the members.
class ZipReader {
 public:
  explicit ZipReader(std::shared_ptr<const OpenFile> file);

  // Finds the central directory. Returns kOk; kCorrupt where there is none, or kUnsupportedFormat for a part of a split
  // archive, with words in *reason; or why it cannot be read. Throws std::bad_alloc, as the others do.
  Status find_directory(std::string* reason);
  // Where it begins, once it is found.
  int64_t directory_offset() const { return end_record_ - directory_size_; }
  // Adds up to `max_members`, once the directory is found; *done where it has none left. kCorrupt where it does not
  // have as many as it says.
  Status read(size_t max_members, ZipMembers* members, bool* done, std::string* reason);
  // Where the contents of a member begin, whose size is `compressed_size`. kCorrupt where they would not lie before the
  // directory.
  Status find_contents(int64_t header_offset, int64_t compressed_size, int64_t* offset, std::string* reason);

 private:
  bool find_end_record(const uint8_t* tail, size_t size, int64_t tail_offset);
  Status read_zip64_end_record(std::string* reason);

  FileWindow window_;         // of the directory
  FileWindow header_window_;  // of a member's own header
  int64_t end_record_ = 0;    // offset of the first record after the directory
  int64_t position_ = 0;      // of the next entry
  int64_t directory_offset_ = 0, directory_size_ = 0;
  uint64_t announced_ = 0, read_ = 0;  // members
  bool has_zip64_ = false;
  int64_t prefix_ = 0;  // bytes before the archive, which offsets in it do not count
};

}  // namespace fastseq
