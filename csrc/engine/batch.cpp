#include "engine/batch.h"

#include <hwy/cache_control.h>

#include <cstring>
#include <new>
#include <utility>

#include "base/limits.h"
#include "io/file.h"

namespace fastseq {
namespace {

constexpr size_t kKeptBytes = 64u << 20;  // of one scratch buffer, from sample to sample

void set_path(const Source& source, std::string* path) {
  path->clear();
  const bool absolute = source.size > 0 && source.data[0] == '/';
  if (source.root_size > 0 && !absolute) {
    path->append(source.root, source.root_size);
    if (path->back() != '/') path->push_back('/');
  }
  path->append(source.data, source.size);
}

bool is_done(Status status) { return status == Status::kOk || status == Status::kRecovered; }

}  // namespace

bool add_rows(const uint8_t* blob, size_t blob_size, const int64_t* offsets, size_t offset_count, const char* root,
              size_t root_size, const int64_t* rows, size_t row_count, std::vector<Source>* sources) {
  sources->reserve(sources->size() + row_count);
  for (size_t i = 0; i < row_count; ++i) {
    if (rows[i] < 0 || static_cast<size_t>(rows[i]) + 1 >= offset_count) return false;
    const int64_t begin = offsets[rows[i]], end = offsets[rows[i] + 1];
    if (begin < 0 || begin > end || static_cast<size_t>(end) > blob_size) return false;
    sources->push_back(
        {reinterpret_cast<const char*>(blob) + begin, static_cast<size_t>(end - begin), root, root_size});
  }
  return true;
}

void add_source(const uint8_t* data, size_t size, bool is_path, std::vector<Source>* sources) {
  sources->push_back({reinterpret_cast<const char*>(data), size, is_path ? "" : nullptr, 0});
}

BatchJob::BatchJob(std::shared_ptr<const Recipe> recipe, std::vector<Source> sources, uint8_t* slots,
                   std::vector<double> draws, int draws_per_sample)
    : recipe_(std::move(recipe)),
      sources_(std::move(sources)),
      slots_(slots),
      draws_(std::move(draws)),
      draws_per_sample_(draws_per_sample),
      statuses_(sources_.size()),
      running_or_waiting_(static_cast<int>(sources_.size())),
      fetches_(sources_.size(), Fetch::kNone) {
  for (auto& status : statuses_) status.store(static_cast<int32_t>(Status::kPending), std::memory_order_relaxed);
}

template <class Work>
void BatchJob::guarded(int i, Workspace* workspace, Work work) {
  Status status;
  std::string reason;
  try {
    status = work();
    reason.swap(workspace->reason);
  } catch (const TooMuchMemory&) {
    status = Status::kTooMuchMemory;
  } catch (const std::bad_alloc&) {
    status = Status::kOutOfMemory;
  } catch (...) {
    status = Status::kInternal;
  }
  // A failed sample must not show what was in its slot before.
  if (!is_done(status)) std::memset(slot(i), 0, recipe_->format.bytes());
  hwy::FlushStream();  // what went past the cache is there for who waits
  workspace->trim(kKeptBytes);
  end(i, status, std::move(reason));
}

void BatchJob::run(int i, Workspace* workspace) {
  workspace->reason.clear();
  const uint8_t* data = reinterpret_cast<const uint8_t*>(sources_[i].data);
  size_t size = sources_[i].size;
  Status found = cancelled() ? Status::kCancelled : Status::kOk;
  if (sources_[i].root) {
    if (!read(i, workspace, &size, &found)) return;
    data = workspace->file.data();
  }
  guarded(i, workspace, [&] {
    if (found != Status::kOk) return found;
    return decode_sample(data, size, *recipe_, draws(i), slot(i), workspace, cancelled_);
  });
}

// False where the sample was given up meanwhile: its slot and its source may be gone.
bool BatchJob::read(int i, Workspace* workspace, size_t* size, Status* status) noexcept {
  try {
    set_path(sources_[i], &workspace->path);
  } catch (const std::bad_alloc&) {
    *status = Status::kOutOfMemory;
    return true;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled()) {
      *status = Status::kCancelled;
      return true;
    }
    fetches_[i] = Fetch::kRunning;
  }
  try {
    *status = read_file(workspace->path, recipe_->limits.file_bytes, &workspace->file, size, &workspace->reason);
  } catch (const std::bad_alloc&) {
    *status = Status::kOutOfMemory;
  }
  return end_fetch(i);
}

bool BatchJob::begin_fetch(int i) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (cancelled()) return false;
  statuses_[i].store(static_cast<int32_t>(Status::kPending), std::memory_order_release);
  fetches_[i] = Fetch::kRunning;
  ++running_or_waiting_;
  return true;
}

bool BatchJob::end_fetch(int i) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fetches_[i] != Fetch::kRunning) return false;
  fetches_[i] = Fetch::kNone;
  return true;
}

bool BatchJob::is_abandoned(int i) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fetches_[i] == Fetch::kAbandoned;
}

void BatchJob::abandon_fetches() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (int i = 0; i < size(); ++i) {
    if (fetches_[i] != Fetch::kRunning) continue;
    fetches_[i] = Fetch::kAbandoned;
    statuses_[i].store(static_cast<int32_t>(Status::kCancelled), std::memory_order_release);
    --running_or_waiting_;
  }
  if (running_or_waiting_ == 0) ended_.notify_all();
}

void BatchJob::run_pixels(int i, const PixelImage& image, bool image_bgr, Workspace* workspace) {
  if (!end_fetch(i)) return;
  guarded(i, workspace,
          [&] { return resample_sample(image, image_bgr, *recipe_, draws(i), slot(i), workspace, cancelled_); });
}

void BatchJob::fail(int i, Status status, std::string reason) {
  if (end_fetch(i)) end(i, status, std::move(reason));
}

void BatchJob::end(int i, Status status, std::string reason) {
  statuses_[i].store(static_cast<int32_t>(status), std::memory_order_release);
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    if (!reason.empty() && status != Status::kOk) reasons_.emplace_back(i, std::move(reason));
  } catch (const std::bad_alloc&) {  // the status stands without words
  }
  if (--running_or_waiting_ == 0) ended_.notify_all();
}

void BatchJob::cancel() { cancelled_.store(true); }

int BatchJob::first_pending() const {
  for (int i = 0; i < next_.load(); ++i) {
    if (status(i) == Status::kPending) return i;
  }
  return -1;
}

bool BatchJob::wait(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  return ended_.wait_for(lock, timeout, [this] { return running_or_waiting_ == 0; });
}

std::string BatchJob::reason(int i) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& entry : reasons_) {
    if (entry.first == i) return entry.second;
  }
  return {};
}

int BatchJob::take() { return next_ < size() && !cancelled() ? next_++ : -1; }

void BatchJob::cancel_pending() {
  while (next_ < size()) end(next_++, Status::kCancelled, {});
}

}  // namespace fastseq
