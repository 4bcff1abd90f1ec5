#include "base/status.h"

namespace fastseq {
namespace {

const StatusText kTexts[] = {
    {Status::kOk, "OK", "decoded", ""},
    {Status::kPending, "PENDING", "not decoded yet", "wait for the batch"},
    {Status::kCancelled, "CANCELLED", "its batch was cancelled", "request the batch again"},
    {Status::kRecovered, "RECOVERED", "decoded from damaged data",
     "replace the file, or refuse such files with strict=True"},
    {Status::kNeedsDecoder, "NEEDS_DECODER", "a format that the native core does not decode", ""},
    {Status::kNotFound, "NOT_FOUND", "no such file", "check the path and the root folder"},
    {Status::kPermissionDenied, "PERMISSION_DENIED", "permission denied", "check its permissions"},
    {Status::kNotAFile, "NOT_A_FILE", "a directory, FIFO or device, not a regular file", "remove it from the samples"},
    {Status::kReadError, "READ_ERROR", "reading failed", "check the disk or the network"},
    {Status::kEmpty, "EMPTY", "the file is empty", "download it again, or remove it"},
    {Status::kChanged, "CHANGED", "the file has changed since the images in it were found", "make the samples anew"},
    {Status::kNotAnImage, "NOT_AN_IMAGE", "not a known image format", "remove it from the samples"},
    {Status::kUnsupportedFormat, "UNSUPPORTED_FORMAT", "an unsupported image format",
     "install what decodes it, or convert it to JPEG or PNG"},
    {Status::kUnsupportedJpeg, "UNSUPPORTED_JPEG", "a kind of JPEG that libjpeg-turbo cannot decode",
     "convert it to 8-bit baseline JPEG"},
    {Status::kNotAMask, "NOT_A_MASK", "it has no ids that color=\"index\" could read",
     "save the mask as a PNG with a palette or in gray, or read it by another color"},
    {Status::kCorrupt, "CORRUPT", "the image data is damaged", "download the file again, or remove it"},
    {Status::kTruncated, "TRUNCATED", "the file is truncated", "download the file again, or remove it"},
    {Status::kFileTooLarge, "FILE_TOO_LARGE", "the file is larger than the limit",
     "allow more with limits=fastseq.Limits(file_bytes=...)"},
    {Status::kTooManyPixels, "TOO_MANY_PIXELS", "the image claims more pixels than the limit",
     "if the file is genuine, allow more with limits=fastseq.Limits(pixels=...)"},
    {Status::kTooManyScans, "TOO_MANY_SCANS", "the JPEG has more scans than the limit",
     "if the file is genuine, allow more with limits=fastseq.Limits(scans=...)"},
    {Status::kTooMuchScanWork, "TOO_MUCH_SCAN_WORK", "scans times pixels exceed the limit",
     "if the file is genuine, allow more with limits=fastseq.Limits(scan_pixels=...)"},
    {Status::kTooMuchMemory, "TOO_MUCH_MEMORY", "decoding would exceed the memory limit per thread",
     "allow more with limits=fastseq.Limits(memory_bytes=...)"},
    {Status::kOutOfMemory, "OUT_OF_MEMORY", "out of memory", "use a smaller batch or fewer threads"},
    {Status::kInternal, "INTERNAL", "an internal error in fastseq", "please report it with the file"},
};

}  // namespace

const StatusText* status_texts(int* count) {
  *count = static_cast<int>(sizeof(kTexts) / sizeof(kTexts[0]));
  return kTexts;
}

const StatusText& status_text(Status status) {
  for (const StatusText& text : kTexts) {
    if (text.status == status) return text;
  }
  return status_text(Status::kInternal);
}

}  // namespace fastseq
