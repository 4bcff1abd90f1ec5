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

// Counts warnings and keeps the first one's text. Traces are dropped, and nothing is printed.
inline void record_warning(j_common_ptr info, int level) {
  if (level >= 0 || info->err->num_warnings++ > 0) return;
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
