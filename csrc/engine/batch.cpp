#include "engine/batch.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/limits.h"
#include "base/stage_clock.h"
#include "engine/picture.h"

namespace fastseq {
namespace {

constexpr int64_t kKeptBytes = 256 << 20;  // kept of a job's files, for the caller to decode

// Lets the work in a workspace record the info and the times of one sample, also if that work throws.
class InfoScope {
 public:
  InfoScope(Workspace* workspace, SampleInfo* info) : workspace_(workspace), info_(info) {
    workspace->info = info;
    workspace->resample.clock = &clock_;
    clock_.start(Stage::kResample);
  }
  InfoScope(const InfoScope&) = delete;
  InfoScope& operator=(const InfoScope&) = delete;
  ~InfoScope() {
    clock_.stop(info_->nanoseconds);
    workspace_->info = nullptr;
    workspace_->resample.clock = nullptr;
  }

 private:
  Workspace* const workspace_;
  SampleInfo* const info_;
  StageClock clock_;
};

}  // namespace

BatchJob::BatchJob(std::shared_ptr<const Recipe> recipe, std::vector<Source> sources, uint8_t* slots,
                   std::vector<double> draws, int draws_per_sample, bool with_info)
    : recipe_(std::move(recipe)),
      sources_(std::move(sources)),
      slots_(slots),
      draws_(std::move(draws)),
      draws_per_sample_(draws_per_sample),
      statuses_(sources_.size()),
      infos_(with_info ? sources_.size() : 0),
      running_or_waiting_(static_cast<int>(sources_.size())),
      fetches_(sources_.size(), Fetch::kNone),
      kept_(sources_.size()) {
  for (auto& status : statuses_) status.store(static_cast<int32_t>(Status::kPending), std::memory_order_relaxed);
}

void BatchJob::use_pictures(CachedPictures pictures) {
  versions_.resize(sources_.size());
  pictures_ = std::move(pictures);
}

template <class Work>
void BatchJob::guarded(int i, Workspace* workspace, Work work) {
  Status status;
  std::string reason;
  bool decodes = false;
  workspace->to_keep = {};
  try {
    status = work();
    reason.swap(workspace->reason);
    decodes = workspace->decodes && !is_good(status);
  } catch (const TooMuchMemory&) {
    status = Status::kTooMuchMemory;
  } catch (const std::bad_alloc&) {
    status = Status::kOutOfMemory;
  } catch (...) {
    status = Status::kInternal;
  }
  // A failed sample must not show what was in its slot before.
  if (!is_good(status)) std::memset(slot(i), 0, recipe_->format.bytes());
  hwy::FlushStream();  // stores that bypassed the cache become visible to the waiting thread
  const bool in_time = !workspace->to_keep.data || status != Status::kOk || keep_picture(i, workspace);
  workspace->trim(kScratchBytes);
  if (in_time) end(i, status, std::move(reason), decodes);
}

// As a fetch, since the cache may wait for a disk. False if the sample was abandoned meanwhile.
bool BatchJob::keep_picture(int i, Workspace* workspace) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled()) return true;
    fetches_[i] = Fetch::kRunning;
  }
  pictures_.cache->put(pictures_.cells[i], versions_[i], workspace->to_keep);
  return end_fetch(i);
}

void BatchJob::run(int i, Workspace* workspace) {
  workspace->forget_failure();
  const uint8_t* data = reinterpret_cast<const uint8_t*>(sources_[i].data);
  size_t size = sources_[i].size;
  Status found = cancelled() ? Status::kCancelled : Status::kOk;
  PixelImage picture = {};
  if (sources_[i].kind == Source::Kind::kFailed) {
    if (found == Status::kOk) found = sources_[i].failure;
  } else if (sources_[i].is_file() || pictures_.cache) {
    if (!read(i, workspace, &size, &picture, &found)) return;
    if (sources_[i].is_file()) data = workspace->file.data();
  }
  guarded(i, workspace, [&] {
    if (found == Status::kOk && picture.data) {
      return timed(i, workspace, [&] { return finish(i, picture, Status::kOk, false, workspace); });
    }
    if (found == Status::kOk && sources_[i].kind == Source::Kind::kBytes) {
      found = unpack(sources_[i].packing, data, size, recipe_->limits.file_bytes, &workspace->file, &data, &size,
                     &workspace->reason);
    }
    if (found == Status::kOk) return decode(i, data, size, workspace);
    if (sources_[i].kind == Source::Kind::kFailed) workspace->reason.assign(sources_[i].data, size);
    return found;
  });
}

// Does the work on sample i; records its info and times if the job was asked to.
template <class Work>
Status BatchJob::timed(int i, Workspace* workspace, Work work) {
  if (infos_.empty()) return work();
  const InfoScope scope(workspace, &infos_[i]);
  return work();
}

Status BatchJob::decode(int i, const uint8_t* data, size_t size, Workspace* workspace) {
  workspace->set_crop_index(sources_[i].crop_index, sources_[i].crop_index_size);
  const Status status = timed(i, workspace, [&] {
    if (!pictures_.cache) return decode_directly(i, data, size, workspace);
    PixelImage picture;
    bool too_large;
    const Status made = decode_picture(data, size, *pictures_.picture, workspace, cancelled_, &picture, &too_large);
    if (too_large) return decode_directly(i, data, size, workspace);
    return is_good(made) ? finish(i, picture, made, made == Status::kOk, workspace) : made;
  });
  const CropIndexUse use = workspace->crop_index_use;
  if (use == CropIndexUse::kMisfit) crop_index_misfit_.store(i, std::memory_order_release);
  if (!infos_.empty()) infos_[i].crop_index = use;
  if (status == Status::kNeedsDecoder && sources_[i].is_file()) keep(i, data, size);
  return status;
}

Status BatchJob::decode_directly(int i, const uint8_t* data, size_t size, Workspace* workspace) {
  return decode_sample(data, size, *recipe_, draws(i), slot(i), workspace, cancelled_);
}

Status BatchJob::finish(int i, const PixelImage& picture, Status made, bool keep, Workspace* workspace) {
  std::string reason;
  reason.swap(workspace->reason);
  if (keep) workspace->to_keep = picture;
  const Recipe& recipe = *pictures_.slot;
  const Status status = resample_sample(picture, recipe.bgr, recipe, draws(i), slot(i), workspace, cancelled_);
  if (status != Status::kOk) return status;
  reason.swap(workspace->reason);
  return made;
}

void BatchJob::keep(int i, const uint8_t* data, size_t size) noexcept {
  const size_t max_bytes = static_cast<size_t>(std::min(kKeptBytes, recipe_->limits.memory_bytes));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (size > max_bytes - kept_bytes_) return;
    kept_bytes_ += size;  // before the copy, so that several threads do not exceed the limit together
  }
  try {
    const auto bytes = std::make_shared<Buffer>();
    std::memcpy(bytes->reserve(size), data, size);
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_[i] = {bytes->data(), size, bytes};
  } catch (const std::bad_alloc&) {  // then it is read again
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_bytes_ -= size;
  }
}

void BatchJob::release(int i) {
  kept_bytes_ -= kept_[i].size;
  kept_[i] = {};
}

// Finds the picture, if it is kept, or reads the file. False if the sample was abandoned meanwhile: its slot and its
// source may be gone.
bool BatchJob::read(int i, Workspace* workspace, size_t* size, PixelImage* picture, Status* status) noexcept {
  const bool is_file = sources_[i].is_file();
  try {
    workspace->path.clear();
    if (is_file) sources_[i].write_path(&workspace->path);
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
  StageClock clock;
  if (!infos_.empty()) clock.start(Stage::kRead);
  try {
    const bool found = pictures_.cache && pictures_.cache->find(pictures_.cells[i], workspace->path, &workspace->cached,
                                                                picture, &versions_[i]);
    if (is_file && !found) {
      *status = reader_.read(sources_[i], workspace->path, recipe_->limits.file_bytes,
                             {&workspace->file, &workspace->compressed}, size, &workspace->reason);
    }
  } catch (const std::bad_alloc&) {
    *status = Status::kOutOfMemory;
  }
  if (!end_fetch(i)) return false;
  if (!infos_.empty()) clock.stop(infos_[i].nanoseconds);
  return true;
}

Status BatchJob::data(int i, SampleData* data, std::string* reason) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (kept_[i].owner) {
      *data = kept_[i];
      return Status::kOk;
    }
  }
  const auto bytes = std::make_shared<Buffer>();
  Buffer compressed;
  data->owner = bytes;
  return reader_.read_any(sources_[i], recipe_->limits.file_bytes, {bytes.get(), &compressed}, &data->data, &data->size,
                          reason);
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
    release(i);
    statuses_[i].store(static_cast<int32_t>(Status::kCancelled), std::memory_order_release);
    --running_or_waiting_;
  }
  if (running_or_waiting_ == 0) ended_.notify_all();
}

void BatchJob::run_pixels(int i, const PixelImage& image, bool image_bgr, bool keep, Workspace* workspace) {
  if (!end_fetch(i)) return;
  const auto resample = [&] {
    PixelImage picture;
    bool too_large = true;
    if (pictures_.cache) {
      const Status made =
          resample_picture(image, image_bgr, *pictures_.picture, workspace, cancelled_, &picture, &too_large);
      if (!too_large) return is_good(made) ? finish(i, picture, made, keep, workspace) : made;
    }
    return resample_sample(image, image_bgr, *recipe_, draws(i), slot(i), workspace, cancelled_);
  };
  guarded(i, workspace, [&] { return timed(i, workspace, resample); });
}

void BatchJob::run_deep(int i, const DeepImage& image, bool image_bgr, Workspace* workspace) {
  if (!end_fetch(i)) return;
  guarded(i, workspace, [&] {
    return timed(i, workspace, [&] {
      return resample_deep_sample(image, image_bgr, *recipe_, draws(i), slot(i), workspace, cancelled_);
    });
  });
}

void BatchJob::fail(int i, Status status, std::string reason) {
  if (end_fetch(i)) end(i, status, std::move(reason));
}

void BatchJob::end(int i, Status status, std::string reason, bool decodes) {
  statuses_[i].store(static_cast<int32_t>(status), std::memory_order_release);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status != Status::kNeedsDecoder) release(i);
  try {
    if (!reason.empty() && status != Status::kOk) reasons_.emplace_back(i, std::move(reason));
    if (decodes) decodable_.push_back(i);
  } catch (const std::bad_alloc&) {  // the status is reported without a message
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

bool BatchJob::decodes(int i) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::find(decodable_.begin(), decodable_.end(), i) != decodable_.end();
}

int BatchJob::take() { return next_ < size() && !cancelled() ? next_++ : -1; }

void BatchJob::cancel_pending() {
  while (next_ < size()) end(next_++, Status::kCancelled, {});
}

}  // namespace fastseq
