#include "io/tar_header.h"

#include <algorithm>
#include <cstring>

namespace fastseq {
namespace {

struct Field {
  size_t offset, size;
};
constexpr Field kName = {0, 100}, kSize = {124, 12}, kChecksum = {148, 8}, kMagic = {257, 5}, kPrefix = {345, 155};
constexpr size_t kType = 156;
constexpr int64_t kMaxSize = INT64_MAX / 4;  // so that sums of a few of them do not overflow

std::string text(const uint8_t* block, Field field) {
  const char* begin = reinterpret_cast<const char*>(block) + field.offset;
  return {begin, std::find(begin, begin + field.size, '\0')};
}

// A number in ASCII digits, octal or decimal, up to a blank or NUL.
bool parse_digits(const uint8_t* begin, const uint8_t* end, int base, int64_t* value) {
  begin = std::find_if(begin, end, [](uint8_t byte) { return byte != ' '; });
  for (*value = 0; begin < end && *begin != ' ' && *begin != '\0'; ++begin) {
    const int digit = *begin - '0';
    if (digit < 0 || digit >= base || *value > kMaxSize / base - base) return false;
    *value = *value * base + digit;
  }
  return true;
}

// Octal digits, or big-endian binary with the highest bit of the first byte set (GNU).
bool parse_number(const uint8_t* block, Field field, int64_t* value) {
  const uint8_t *begin = block + field.offset, *end = begin + field.size;
  if ((*begin & 0x80) == 0) return parse_digits(begin, end, 8, value);
  if (*begin & 0x40) return false;  // negative
  *value = *begin & 0x3f;
  for (++begin; begin < end; ++begin) {
    if (*value > kMaxSize >> 8) return false;
    *value = *value << 8 | *begin;
  }
  return true;
}

// The sum of all bytes with blanks for the checksum; old programs took the bytes for signed ones.
bool has_checksum(const uint8_t* block) {
  int64_t stored, of_unsigned = 0, of_signed = 0;
  if (!parse_number(block, kChecksum, &stored)) return false;
  for (size_t i = 0; i < kTarBlock; ++i) {
    const uint8_t byte = i - kChecksum.offset < kChecksum.size ? ' ' : block[i];
    of_unsigned += byte;
    of_signed += static_cast<int8_t>(byte);
  }
  return stored == of_unsigned || stored == of_signed;
}

}  // namespace

bool is_zero_block(const uint8_t* block) {
  return std::all_of(block, block + kTarBlock, [](uint8_t byte) { return byte == 0; });
}

bool parse_tar_header(const uint8_t* block, TarHeader* header) {
  if (!has_checksum(block) || !parse_number(block, kSize, &header->size)) return false;
  header->type = static_cast<char>(block[kType]);
  header->name = text(block, kName);
  // GNU's own format, "ustar  ", has other fields in the place of the prefix.
  const bool is_ustar = std::memcmp(block + kMagic.offset, "ustar", kMagic.size) == 0 && block[kMagic.offset + 5] == 0;
  if (is_ustar && block[kPrefix.offset] != 0) header->name = text(block, kPrefix) + "/" + header->name;
  return true;
}

bool parse_pax_records(const uint8_t* data, size_t size, TarExtension* extension) {
  const uint8_t* const end = data + size;
  while (data < end && *data != 0) {
    const uint8_t* const blank = std::find(data, end, ' ');
    int64_t length;
    if (blank == end || !parse_digits(data, blank, 10, &length)) return false;
    const int64_t head = blank + 1 - data;
    if (length <= head || length > end - data || data[length - 1] != '\n') return false;
    const uint8_t *const key = blank + 1, *const newline = data + length - 1;
    const uint8_t* const equals = std::find(key, newline, '=');
    if (equals == newline) return false;
    const std::string keyword(key, equals);
    if (keyword == "path") {
      extension->has_name = true;
      extension->name.assign(equals + 1, newline);
    } else if (keyword == "size") {
      extension->has_size = true;
      if (equals + 1 == newline || !parse_digits(equals + 1, newline, 10, &extension->size)) return false;
    } else if (keyword.rfind("GNU.sparse.", 0) == 0) {
      extension->is_sparse = true;
    }
    data += length;
  }
  return true;
}

}  // namespace fastseq
