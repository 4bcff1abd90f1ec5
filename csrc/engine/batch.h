// A batch as one job: for each sample where it comes from, and the slot that it is written to.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/sample.h"

namespace fastseq {

// Bytes in memory, or a path (`root` + "/" + `data`, unless root is empty or the path absolute). What it points to
// belongs to the caller and must outlive the job's last running sample.
struct Source {
  const char* data;
  size_t size;
  const char* root;  // null: `data` are the bytes of an image file
  size_t root_size;
};

// Adds the rows of a path table: offsets[r] .. offsets[r + 1] of `blob` is the path of row r. False where a row or an
// offset is out of range.
bool add_rows(const uint8_t* blob, size_t blob_size, const int64_t* offsets, size_t offset_count, const char* root,
              size_t root_size, const int64_t* rows, size_t row_count, std::vector<Source>* sources);
// Adds one path, or the bytes of one image file.
void add_source(const uint8_t* data, size_t size, bool is_path, std::vector<Source>* sources);

class BatchJob {
 public:
  // `slots`: sources.size() slots of recipe->format.bytes() each, one behind the other; belongs to the caller and must
  // outlive the job's last running sample (see wait). `draws`: draws_per_sample numbers for each sample.
  BatchJob(std::shared_ptr<const Recipe> recipe, std::vector<Source> sources, uint8_t* slots, std::vector<double> draws,
           int draws_per_sample);

  int size() const { return static_cast<int>(sources_.size()); }

  // Decodes sample i. Called once for each i, from any thread. Never throws.
  void run(int i, Workspace* workspace);
  // A fetch may take for ever, and touches neither slots nor sources: the file is read, or decoded by the caller. This
  // one begins another for a sample that ended as kNeedsDecoder; it is pending again. False once the job is cancelled.
  bool begin_fetch(int i);
  // One of these ends it, with pixels that the caller decoded, or found wrong. Nothing is done where it was given up.
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
  // The first sample that was begun and has not ended; -1 where there is none.
  int first_pending() const;

  // For the pool, under its lock: the next sample to begin, or -1.
  int take();
  void cancel_pending();  // after cancel(): ends the samples that nobody will take

 private:
  enum class Fetch : uint8_t { kNone, kRunning, kAbandoned };

  bool read(int i, Workspace* workspace, size_t* size, Status* status) noexcept;
  bool end_fetch(int i);
  template <class Work>
  void guarded(int i, Workspace* workspace, Work work);
  void end(int i, Status status, std::string reason);
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

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable ended_;
  int running_or_waiting_;
  std::vector<Fetch> fetches_;  // of each sample
  std::vector<std::pair<int, std::string>> reasons_;
};

}  // namespace fastseq
