// The fields of a serialised protocol buffer message in a file, without reading what is skipped. After
// https://protobuf.dev/programming-guides/encoding/.
#pragma once
#include <cstdint>
#include <string>

#include "base/status.h"
#include "io/file_window.h"

namespace fastseq {

// Bytes of a file, from `begin` to just before `end`.
struct Span {
  int64_t begin = 0, end = 0;

  int64_t size() const { return end - begin; }
};

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct ProtoField {
  uint64_t number;
  WireType type;
  uint64_t value;  // unless the type is kBytes
  Span bytes;      // of kBytes
};

// kCorrupt, and why.
Status not_an_example(std::string* reason);

class ProtoFields {
 public:
  // The message lies in the file; the window may be used by others between calls.
  ProtoFields(FileWindow* window, Span message) : window_(window), message_(message) {}

  bool done() const { return message_.begin >= message_.end; }
  // The next field, unless done(). kCorrupt where there is none within the message; or why it cannot be read.
  Status next(ProtoField* field, std::string* reason);
  // The next number of a packed list of varints.
  Status next_varint(uint64_t* value, std::string* reason);

 private:
  FileWindow* window_;
  Span message_;  // what is left of it
};

}  // namespace fastseq
