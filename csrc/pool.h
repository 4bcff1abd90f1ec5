// The threads. They take single samples from any number of jobs, those first that are needed first.
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "batch.h"

namespace fastseq {

class Pool {
 public:
  // Throws std::system_error where not a single thread can be started; fewer than asked for is accepted.
  explicit Pool(int threads);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  // Cancels every job, ends the samples nobody began, and joins the threads.
  ~Pool();

  int threads() const { return static_cast<int>(threads_.size()); }
  // Queues the job behind those already there, or before all of them.
  void submit(std::shared_ptr<BatchJob> job, bool urgent);
  // Somebody waits for this job: its samples come first.
  void hurry(const std::shared_ptr<BatchJob>& job);
  // Cancels the job; samples not begun end at once. wait() on the job then takes as long as the samples that run.
  void cancel(const std::shared_ptr<BatchJob>& job);

 private:
  void work();

  std::mutex mutex_;  // guards the rest, and the jobs' take()
  std::condition_variable available_;
  std::deque<std::shared_ptr<BatchJob>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fastseq
