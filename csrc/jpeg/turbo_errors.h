// libjpeg's callbacks for errors, warnings and progress: they must neither print nor end the process.
#pragma once
#include <atomic>
#include <csetjmp>
#include <cstdio>
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

namespace fastseq {

struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf on_error;
  char first_warning[JMSG_LENGTH_MAX];
};

[[noreturn]] inline void jump_to_handler(j_common_ptr info) {
  std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->on_error, 1);
}

// Whether a warning is about a part of the header that no pixel depends on. Bytes that libjpeg skips before the first
// scan lie between the header's segments; later they may be image data that was not understood.
inline bool is_header_remark(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      return true;
    case JWRN_EXTRANEOUS_DATA:
      return reinterpret_cast<j_decompress_ptr>(info)->input_scan_number == 0;
    default:
      return false;
  }
}

// Counts warnings about image data and keeps the first one's text. All else is dropped, and nothing is printed.
inline void record_warning(j_common_ptr info, int level) {
  if (level >= 0 || is_header_remark(info) || info->err->num_warnings++ > 0) return;
  info->err->format_message(info, reinterpret_cast<ErrorManager*>(info->err)->first_warning);
}

inline void discard_message(j_common_ptr) {}

// libjpeg calls it for each row of MCUs, including those of scans that it reads before the first output row.
struct ProgressMonitor {
  jpeg_progress_mgr base;
  const std::atomic<bool>* cancelled;
};

inline void stop_if_cancelled(j_common_ptr info) {
  const auto* monitor = reinterpret_cast<const ProgressMonitor*>(info->progress);
  if (monitor->cancelled->load(std::memory_order_relaxed)) jump_to_handler(info);
}

inline bool is_unsupported(int code) {
  switch (code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_COMPONENT_COUNT:
    case JERR_IMAGE_TOO_BIG:
      return true;
    default:
      return false;
  }
}

}  // namespace fastseq
