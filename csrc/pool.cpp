#include "pool.h"

#include <pthread.h>
#include <algorithm>

#include <csignal>
#include <system_error>
#include <utility>

namespace fastseq {
namespace {

// Signals belong to Python's threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Pool::Pool(int threads) {
  const SignalsBlocked blocked;
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    try {
      threads_.emplace_back([this] { work(); });
      pthread_setname_np(threads_.back().native_handle(), "fastseq");  // for who looks at the process
    } catch (const std::system_error&) {
      if (threads_.empty()) throw;
      break;
    }
  }
}

Pool::~Pool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    for (const auto& job : jobs_) {
      job->cancel();
      job->finish_untaken();
    }
    jobs_.clear();
  }
  available_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Pool::submit(std::shared_ptr<BatchJob> job, bool urgent) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (urgent) {
      jobs_.push_front(std::move(job));
    } else {
      jobs_.push_back(std::move(job));
    }
  }
  available_.notify_all();
}

void Pool::hurry(const std::shared_ptr<BatchJob>& job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find(jobs_.begin(), jobs_.end(), job);
  if (found == jobs_.end() || found == jobs_.begin()) return;
  jobs_.erase(found);
  jobs_.push_front(job);
}

void Pool::cancel(const std::shared_ptr<BatchJob>& job) {
  job->cancel();
  const std::lock_guard<std::mutex> lock(mutex_);
  job->finish_untaken();
  jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
}

void Pool::work() {
  Workspace workspace;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    available_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<BatchJob> job = jobs_.front();
    const int i = job->take();
    if (i < 0) {
      jobs_.pop_front();
      continue;
    }
    lock.unlock();
    job->run(i, &workspace);
    lock.lock();
  }
}

}  // namespace fastseq
