// The threads. They take single samples from any number of jobs, those first that are needed first.
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/batch.h"

namespace fastseq {

class Pool {
 public:
  // Throws std::system_error where not a single thread can be started; fewer than asked for is accepted.
  explicit Pool(int threads);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  // Cancels the jobs that wait, ends the samples nobody began, and joins the threads, but for those that are lost.
  ~Pool();

  int threads() const { return static_cast<int>(workers_.size()); }
  // Queues the job behind those already there, or in front of them.
  void submit(std::shared_ptr<BatchJob> job, bool urgent);
  // Somebody waits for this job: its samples come first.
  void prioritize(const std::shared_ptr<BatchJob>& job);
  // Cancels the job; samples not begun end at once. wait() on the job then takes as long as the samples that run.
  void cancel(const std::shared_ptr<BatchJob>& job);
  // After cancel(): ends also the fetches. A thread that is lost in one is replaced, and ends when it comes back.
  void abandon(const std::shared_ptr<BatchJob>& job);

 private:
  static constexpr size_t kOpenFiles = 64;  // of ranges, from job to job

  // Guarded by the mutex of State, but for the thread itself.
  struct Worker {
    std::thread thread;
    std::shared_ptr<BatchJob> job;  // with the sample that it works on
    int sample = -1;
    bool lost = false;
  };
  // What threads share with the pool, and what one that is lost keeps when the pool is gone.
  struct State {
    std::mutex mutex;  // guards the rest, and the jobs' take()
    std::condition_variable available;
    std::deque<std::shared_ptr<BatchJob>> jobs;
    const std::shared_ptr<FileCache> files = std::make_shared<FileCache>(kOpenFiles);
    bool stopping = false;
  };

  void replace_lost();  // under the mutex
  static void work(const std::shared_ptr<State>& state, const std::shared_ptr<Worker>& self);
  std::shared_ptr<Worker> start() const;  // throws std::system_error

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::vector<std::shared_ptr<Worker>> workers_;
};

}  // namespace fastseq
