// How a sample can end. A closed set: Python builds its IntEnum from this table.
#pragma once
#include <cstdint>

namespace fastseq {

enum class Status : int32_t {
  kOk = 0,
  kPending = 1,
  kCancelled = 2,
  kRecovered = 3,     // decoded, although libjpeg had to repair damaged data
  kNeedsDecoder = 4,  // of another format: the caller decodes it and hands over the pixels

  kNotFound = 10,
  kPermissionDenied = 11,
  kNotAFile = 12,
  kReadError = 13,
  kEmpty = 14,
  kChanged = 15,

  kNotAnImage = 20,
  kUnsupportedFormat = 21,
  kUnsupportedJpeg = 22,
  kNotAMask = 23,  // colors, or values that the batch cannot hold, where ids are wanted

  kCorrupt = 30,
  kTruncated = 31,

  kFileTooLarge = 40,
  kTooManyPixels = 41,
  kTooManyScans = 42,
  kTooMuchScanWork = 43,
  kTooMuchMemory = 44,
  kOutOfMemory = 45,
  kInternal = 50,
};

// Whether the sample's slot holds its image.
constexpr bool is_good(Status status) { return status == Status::kOk || status == Status::kRecovered; }

struct StatusText {
  Status status;
  const char* name;    // of the enum's member in Python
  const char* reason;  // one clause, in lower case
  const char* remedy;  // what the user can do
};

// Returns the texts of all statuses; `*count` receives how many there are.
const StatusText* status_texts(int* count);
const StatusText& status_text(Status status);

}  // namespace fastseq
