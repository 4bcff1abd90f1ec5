// A libjpeg data source that hands over a file in memory slice by slice, and checks for cancellation in between: also
// where libjpeg skips rows and calls nothing else.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "jpeg/turbo_errors.h"

namespace fastseq {

struct SlicedSource {
  static constexpr size_t kSliceBytes = 1 << 16;

  jpeg_source_mgr base;
  const uint8_t* next;  // end of the current slice
  const uint8_t* end;
  const std::atomic<bool>* cancelled;
};

inline SlicedSource* sliced_source(j_decompress_ptr info) { return reinterpret_cast<SlicedSource*>(info->src); }

inline void give_slice(SlicedSource* source) {
  const size_t size = std::min(static_cast<size_t>(source->end - source->next), SlicedSource::kSliceBytes);
  source->base.next_input_byte = source->next;
  source->base.bytes_in_buffer = size;
  source->next += size;
}

inline boolean fill_from_slices(j_decompress_ptr info) {
  SlicedSource* source = sliced_source(info);
  if (source->cancelled->load(std::memory_order_relaxed)) {
    jump_to_handler(reinterpret_cast<j_common_ptr>(info));
  }
  if (source->next < source->end) {
    give_slice(source);
    return TRUE;
  }
  // As jpeg_mem_src does: warns, and inserts an end-of-image marker.
  static const JOCTET kEnd[4] = {0xFF, JPEG_EOI, 0, 0};
  WARNMS(info, JWRN_JPEG_EOF);
  source->base.next_input_byte = kEnd;
  source->base.bytes_in_buffer = 2;
  return TRUE;
}

inline void skip_in_slices(j_decompress_ptr info, long bytes) {
  while (bytes > static_cast<long>(info->src->bytes_in_buffer)) {
    bytes -= static_cast<long>(info->src->bytes_in_buffer);
    fill_from_slices(info);
  }
  if (bytes <= 0) return;
  info->src->next_input_byte += bytes;
  info->src->bytes_in_buffer -= static_cast<size_t>(bytes);
}

// `source` must outlive the decompression.
inline void read_from_slices(jpeg_decompress_struct* info, SlicedSource* source, const uint8_t* data, size_t size,
                             const std::atomic<bool>& cancelled) {
  const auto nothing = [](j_decompress_ptr) {};
  source->base.init_source = nothing;
  source->base.fill_input_buffer = fill_from_slices;
  source->base.skip_input_data = skip_in_slices;
  source->base.resync_to_restart = jpeg_resync_to_restart;
  source->base.term_source = nothing;
  source->next = data;
  source->end = data + size;
  source->cancelled = &cancelled;
  give_slice(source);
  info->src = &source->base;
}

}  // namespace fastseq
