// Where the files in a tar archive are, found without reading what they hold.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_window.h"
#include "io/tar_header.h"

namespace fastseq {

// Files in an archive, in its order.
struct TarMembers {
  std::string names;                      // one after the other
  std::vector<int64_t> name_ends;         // where each name ends in `names`
  std::vector<int64_t> offsets, lengths;  // of the contents in the archive, bytes

  void add(const std::string& name, int64_t offset, int64_t length);
  size_t count() const { return offsets.size(); }
};

// Goes from header to header. Memory is bounded by the longest header, 1 MiB, and by what is added to the members.
class TarReader {
 public:
  explicit TarReader(std::shared_ptr<const OpenFile> file);

  // Adds the files of up to `max_headers` headers; *done where the archive has none left. What follows on a failure is
  // not read: kTruncated where the archive ends within a member, which is added if it is a file; kCorrupt and
  // kUnsupportedFormat for a header; with the place in *reason. Throws std::bad_alloc.
  Status read(size_t max_headers, TarMembers* members, bool* done, std::string* reason);
  // Whether it has come to blocks of zeros with nothing after them, with which archives end.
  bool is_whole() const { return zero_blocks_ > 0 && !has_trailing_data_; }
  // How many links there were, which are no files.
  int64_t links() const { return links_; }

 private:
  // Takes the name or the records that a header announces for the file that follows.
  Status read_extension(const TarHeader& header, std::string* reason);
  Status add_file(TarHeader header, TarMembers* members, std::string* reason);
  Status fail(Status status, const std::string& what, std::string* reason) const;

  FileWindow window_;
  int64_t position_ = 0;  // of the next header
  int zero_blocks_ = 0;   // just before it
  bool has_trailing_data_ = false;
  int64_t links_ = 0;
  TarExtension extension_;  // of the file that follows
};

}  // namespace fastseq
