// The features of a serialised tf.train.Example in a file. After tensorflow/core/example/feature.proto.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "io/file_window.h"
#include "io/proto_fields.h"

namespace fastseq {

enum class FeatureKind : int32_t { kNone = 0, kBytes = 1, kFloat = 2, kInt64 = 3 };  // as its field is numbered

struct Feature {
  FeatureKind kind = FeatureKind::kNone;
  int64_t count = 0;   // of its values
  Span bytes;          // the first value, of kBytes
  uint64_t value = 0;  // the bits of the first value, of the others: a float's, or an int64_t's
};

// Goes through the features of an Example.
class TfExample {
 public:
  TfExample(FileWindow* window, Span example) : window_(window), fields_(window, example), features_(window, {}) {}

  // The next one's name, of at most 64 KiB, and where it is; *done if there are no more. Returns kOk, kCorrupt, or why
  // it cannot be read. Throws std::bad_alloc.
  Status next(std::string* name, Span* feature, bool* done, std::string* reason);

 private:
  Status read_entry(Span entry, std::string* name, Span* feature, std::string* reason);

  FileWindow* const window_;
  ProtoFields fields_;    // of the Example
  ProtoFields features_;  // of its Features
};

// Reads the first value of a feature, and counts all of them.
Status read_feature(FileWindow* window, Span place, Feature* feature, std::string* reason);

}  // namespace fastseq
