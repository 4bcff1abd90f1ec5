// A batch as one job: the source of each sample, and the slot that it is written to.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "cache/pixel_cache.h"
#include "engine/sample.h"
#include "io/source.h"
#include "io/source_reader.h"

namespace fastseq {

// The bytes of an image that the caller decodes, valid as long as `owner` lives; if it is null, as long as the job's
// source.
struct SampleData {
  const uint8_t* data = nullptr;
  size_t size = 0;
  std::shared_ptr<const Buffer> owner;
};

// How samples are made by way of pictures, which are kept.
struct CachedPictures {
  std::shared_ptr<PixelCache> cache;
  std::shared_ptr<const Recipe> picture, slot;  // from image to picture, and from there to the slot
  std::vector<size_t> cells;                    // of each sample; one that is not in the cache is not kept
};

class BatchJob {
 public:
  // `slots`: sources.size() contiguous slots of recipe->format.bytes() each. They belong to the caller, as does what
  // the sources point to; both must outlive the job's last running sample (see wait). `draws`: draws_per_sample numbers
  // per sample. `with_info`: whether to record info().
  BatchJob(std::shared_ptr<const Recipe> recipe, std::vector<Source> sources, uint8_t* slots, std::vector<double> draws,
           int draws_per_sample, bool with_info);

  int size() const { return static_cast<int>(sources_.size()); }
  // Where the files of ranges are opened. Called before the first sample runs.
  void use_files(std::shared_ptr<FileCache> files) { reader_.use_files(std::move(files)); }

  // Makes each sample of its picture, whether or not that is found in the cache. Called before the first sample runs.
  void use_pictures(CachedPictures pictures);

  // Decodes sample i. Called once for each i, from any thread. Never throws.
  void run(int i, Workspace* workspace);
  // A fetch reads a file, or waits for the caller to decode it. It may never return, and touches neither slots nor
  // sources. This begins one for a sample that ended as kNeedsDecoder and makes it pending again. False if the job is
  // cancelled.
  bool begin_fetch(int i);
  // The bytes of the sample's file, for the caller to decode: kept from the first read, or read again if the job would
  // have kept too many. Returns kOk or an error with its message in *reason. Throws std::bad_alloc.
  Status data(int i, SampleData* data, std::string* reason);
  // Each of these ends the fetch, and does nothing if it was abandoned. run_pixels() takes decoded pixels, run_deep()
  // those of more than 8 bits; fail() records an error. `keep`: whether a cache may keep the picture.
  void run_pixels(int i, const PixelImage& image, bool image_bgr, bool keep, Workspace* workspace);
  void run_deep(int i, const DeepImage& image, bool image_bgr, Workspace* workspace);
  void fail(int i, Status status, std::string reason);

  // Samples that have not begun end as kCancelled; running ones stop soon, except in fetches.
  void cancel();
  // After cancel(): ends all fetches as kCancelled at once. Their threads notice when they return.
  void abandon_fetches();
  bool is_abandoned(int i) const;
  bool cancelled() const { return cancelled_.load(); }
  // Waits up to `timeout` for every sample to end. Returns whether all have.
  bool wait(std::chrono::milliseconds timeout);

  // Valid for samples that have ended.
  Status status(int i) const { return static_cast<Status>(statuses_[i].load(std::memory_order_acquire)); }
  std::string reason(int i) const;
  // Whether a sample that was rejected for damage decodes all the same: another Strictness accepts it.
  bool decodes(int i) const;
  // A sample that came with the crop index of another file; -1 if there is none.
  int crop_index_misfit() const { return crop_index_misfit_.load(std::memory_order_acquire); }
  // Only with `with_info`.
  const SampleInfo& info(int i) const { return infos_[i]; }
  // The first sample that has begun and not ended; -1 if there is none.
  int first_pending() const;

  // For the pool, under its lock: the next sample to begin, or -1.
  int take();
  void cancel_pending();  // after cancel(): ends the samples that no thread has taken

 private:
  enum class Fetch : uint8_t { kNone, kRunning, kAbandoned };

  bool read(int i, Workspace* workspace, size_t* size, PixelImage* picture, Status* status) noexcept;
  template <class Work>
  Status timed(int i, Workspace* workspace, Work work);
  Status decode(int i, const uint8_t* data, size_t size, Workspace* workspace);
  Status decode_directly(int i, const uint8_t* data, size_t size, Workspace* workspace);
  // Makes the slot of a picture that was made with a good status, and returns that. `keep`: the cache is to have it.
  Status finish(int i, const PixelImage& picture, Status made, bool keep, Workspace* workspace);
  void keep(int i, const uint8_t* data, size_t size) noexcept;
  bool keep_picture(int i, Workspace* workspace) noexcept;
  void release(int i);  // under the mutex
  bool end_fetch(int i);
  template <class Work>
  void guarded(int i, Workspace* workspace, Work work);
  void end(int i, Status status, std::string reason, bool decodes = false);
  uint8_t* slot(int i) const { return slots_ + recipe_->format.bytes() * i; }
  const double* draws(int i) const { return draws_.data() + static_cast<size_t>(i) * draws_per_sample_; }

  const std::shared_ptr<const Recipe> recipe_;
  const std::vector<Source> sources_;
  uint8_t* const slots_;
  const std::vector<double> draws_;
  const int draws_per_sample_;
  std::vector<std::atomic<int32_t>> statuses_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int> next_{0};  // changed under the pool's lock
  std::atomic<int> crop_index_misfit_{-1};
  SourceReader reader_;
  CachedPictures pictures_;
  std::vector<FileVersion> versions_;  // of the samples' files, before they were read; for the cache
  std::vector<SampleInfo> infos_;      // of each sample, or empty; written by the thread that runs it

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable ended_;
  int running_or_waiting_;
  std::vector<Fetch> fetches_;  // of each sample
  std::vector<std::pair<int, std::string>> reasons_;
  std::vector<int> decodable_;    // the rejected samples that decode
  std::vector<SampleData> kept_;  // of each sample: the contents of its file, for the caller to decode
  size_t kept_bytes_ = 0;
};

}  // namespace fastseq
