#include "io/file_window.h"

#include <algorithm>

namespace fastseq {

FileWindow::FileWindow(std::shared_ptr<const OpenFile> file, size_t bytes_at_once)
    : file_(std::move(file)), bytes_at_once_(bytes_at_once) {
  file_->expect_random_reads();
}

Status FileWindow::view(int64_t offset, size_t size, const uint8_t** data, size_t* available, std::string* reason) {
  const int64_t skipped = offset - offset_;
  if (skipped < 0 || skipped > static_cast<int64_t>(size_) || size_ - static_cast<size_t>(skipped) < size) {
    const Status status = file_->read(offset, std::max(size, bytes_at_once_), &bytes_, &size_, reason);
    if (status != Status::kOk) return status;
    offset_ = offset;
    const int64_t expected = std::min<int64_t>(static_cast<int64_t>(size), file_->size() - offset);
    if (static_cast<int64_t>(size_) < expected) {
      *reason = "the file has become shorter";
      return Status::kTruncated;
    }
  }
  const auto begin = static_cast<size_t>(offset - offset_);
  *data = bytes_.data() + begin;
  *available = std::min(size, size_ - begin);
  return Status::kOk;
}

}  // namespace fastseq
