// A thread pool that decodes single samples of any number of jobs, in the order of their priority.
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
  // Throws std::system_error if no thread can be started; fewer than requested are accepted.
  explicit Pool(int threads);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  // Cancels the queued jobs, ends the samples that have not begun, and joins the threads except lost ones.
  ~Pool();

  int threads() const { return static_cast<int>(workers_.size()); }
  // Queues the job behind the others, or in front of them if it is urgent.
  void submit(std::shared_ptr<BatchJob> job, bool urgent);
  // Moves the job to the front of the queue, for a caller that waits for it.
  void prioritize(const std::shared_ptr<BatchJob>& job);
  // Cancels the job; samples that have not begun end at once, and job->wait() returns once the running ones have ended.
  void cancel(const std::shared_ptr<BatchJob>& job);
  // After cancel(): ends the fetches, too. A thread that is lost in one is replaced, and ends when it returns.
  void abandon(const std::shared_ptr<BatchJob>& job);

 private:
  static constexpr size_t kOpenFiles = 64;  // kept open for file ranges

  // Guarded by the mutex of State, except for the thread itself.
  struct Worker {
    std::thread thread;
    std::shared_ptr<BatchJob> job;  // of the sample that it runs
    int sample = -1;
    bool lost = false;
  };
  // Shared by the pool and its threads; a lost thread keeps it alive after the pool.
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
