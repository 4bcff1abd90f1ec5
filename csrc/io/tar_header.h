// The header blocks of tar archives: POSIX.1-1988 (ustar), POSIX.1-2001 (pax), GNU tar and what came before them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace fastseq {

constexpr size_t kTarBlock = 512;

struct TarHeader {
  char type;     // '0' and '\0' are files; see the standard, and GNU's manual for letters
  int64_t size;  // of the contents that follow, bytes
  std::string name;

  bool is_file() const { return type == '0' || type == '\0' || type == '7'; }
  bool is_link() const { return type == '1' || type == '2'; }
  // Whether no contents follow, whatever `size` says.
  bool is_empty() const { return type >= '1' && type <= '6'; }
};

// Whether a block holds nothing but zeros, as the end of an archive does.
bool is_zero_block(const uint8_t* block);

// False where a block is no header: its checksum or one of its numbers is wrong.
bool parse_tar_header(const uint8_t* block, TarHeader* header);

// What comes before the header of a file and counts instead of what that says.
struct TarExtension {
  bool has_size = false, has_name = false, is_sparse = false;
  int64_t size = 0;
  std::string name;
};

// Takes it from the records of a pax header, "LENGTH KEYWORD=VALUE\n". False where they are malformed.
bool parse_pax_records(const uint8_t* data, size_t size, TarExtension* extension);

}  // namespace fastseq
