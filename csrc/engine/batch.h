// A batch as one job: the source of each sample, and the slot that it is written to.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/buffer.h"
#include "engine/sample.h"
#include "io/file_cache.h"
#include "io/source.h"

namespace fastseq {

// The bytes of an image that the caller decodes. They live as long as `owner`, or, without one, as the job's source.
struct SampleData {
  const uint8_t* data = nullptr;
  size_t size = 0;
  std::shared_ptr<const Buffer> owner;
};

class BatchJob {
 public:
  // `slots`: sources.size() slots of recipe->format.bytes() each, one behind the other; belongs to the caller and must
  // outlive the job's last running sample (see wait), as what the sources point to. `draws`: draws_per_sample numbers
  // for each sample. `with_info`: whether info() is recorded.
  BatchJob(std::shared_ptr<const Recipe> recipe, std::vector<Source> sources, uint8_t* slots, std::vector<double> draws,
           int draws_per_sample, bool with_info);

  int size() const { return static_cast<int>(sources_.size()); }
  // Where the files of ranges are opened. Called before the first sample runs.
  void use_files(std::shared_ptr<FileCache> files) { files_ = std::move(files); }

  // Decodes sample i. Called once for each i, from any thread. Never throws.
  void run(int i, Workspace* workspace);
  // A fetch may take for ever, and touches neither slots nor sources: the file is read, or decoded by the caller. This
  // one begins another for a sample that ended as kNeedsDecoder; it is pending again. False once the job is cancelled.
  bool begin_fetch(int i);
  // The file's bytes, for the caller to decode: those that were read before, or read again where the job would have
  // kept too many. Returns kOk or why not, with words in *reason. Throws std::bad_alloc.
  Status data(int i, SampleData* data, std::string* reason);
  // One of these ends the fetch: the bytes of the image from elsewhere, which must live as a source does and are
  // decoded here (kNeedsDecoder again if they are no JPEG); its pixels; or what is wrong. Nothing is done once it is
  // abandoned.
  void run_bytes(int i, const uint8_t* data, size_t size, Workspace* workspace);
  void run_pixels(int i, const PixelImage& image, bool image_bgr, Workspace* workspace);
  void fail(int i, Status status, std::string reason);

  // Samples not yet begun end as kCancelled; those running stop soon, but for fetches.
  void cancel();
  // After cancel(): fetches end as kCancelled at once. Whoever is in one finds that out when it comes back.
  void abandon_fetches();
  bool is_abandoned(int i) const;
  bool cancelled() const { return cancelled_.load(); }
  // Waits until every sample has ended, at most `timeout`. True when all have.
  bool wait(std::chrono::milliseconds timeout);

  // Valid for samples that have ended.
  Status status(int i) const { return static_cast<Status>(statuses_[i].load(std::memory_order_acquire)); }
  std::string reason(int i) const;
  // Only with `with_info`.
  const SampleInfo& info(int i) const { return infos_[i]; }
  // The first sample that was begun and has not ended; -1 where there is none.
  int first_pending() const;

  // For the pool, under its lock: the next sample to begin, or -1.
  int take();
  void cancel_pending();  // after cancel(): ends the samples that nobody will take

 private:
  enum class Fetch : uint8_t { kNone, kRunning, kAbandoned };

  bool read(int i, Workspace* workspace, size_t* size, Status* status) noexcept;
  Status read_source(const Source& source, const std::string& path, Buffer* bytes, size_t* size, std::string* reason);
  template <class Work>
  Status timed(int i, Workspace* workspace, Work work);
  Status decode(int i, const uint8_t* data, size_t size, Workspace* workspace);
  void keep(int i, const uint8_t* data, size_t size) noexcept;
  void release(int i);  // under the mutex
  bool end_fetch(int i);
  template <class Work>
  void guarded(int i, Workspace* workspace, Work work);
  void end(int i, Status status, std::string reason);
  uint8_t* slot(int i) const { return slots_ + recipe_->format.bytes() * i; }
  const double* draws(int i) const { return draws_.data() + static_cast<size_t>(i) * draws_per_sample_; }

  const std::shared_ptr<const Recipe> recipe_;
  std::vector<Source> sources_;  // run_bytes() replaces that of its sample
  uint8_t* const slots_;
  const std::vector<double> draws_;
  const int draws_per_sample_;
  std::vector<std::atomic<int32_t>> statuses_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int> next_{0};  // changed under the pool's lock
  std::shared_ptr<FileCache> files_;
  std::vector<SampleInfo> infos_;  // of each sample, or empty; written by whoever runs it

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable ended_;
  int running_or_waiting_;
  std::vector<Fetch> fetches_;  // of each sample
  std::vector<std::pair<int, std::string>> reasons_;
  std::vector<SampleData> kept_;  // of each sample: its file, for the caller to decode
  size_t kept_bytes_ = 0;
  std::unordered_set<std::string> checked_files_;  // that were not stale when this job opened them
};

}  // namespace fastseq
