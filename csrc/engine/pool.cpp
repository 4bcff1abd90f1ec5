#include "engine/pool.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "base/platform.h"

namespace fastseq {

Pool::Pool(int threads) {
  workers_.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    try {
      workers_.push_back(start());
    } catch (const std::system_error&) {
      if (workers_.empty()) throw;
      break;
    }
  }
}

Pool::~Pool() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stopping = true;
    for (const auto& job : state_->jobs) {
      job->cancel();
      job->cancel_pending();
    }
    state_->jobs.clear();
    for (const auto& worker : workers_) {
      if (worker->lost) worker->thread.detach();
    }
  }
  state_->available.notify_all();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

std::shared_ptr<Pool::Worker> Pool::start() const {
  const platform::SignalsBlocked blocked;  // for good in the thread: they are handled on Python's
  auto worker = std::make_shared<Worker>();
  worker->thread = std::thread(work, state_, worker);
  return worker;
}

void Pool::submit(std::shared_ptr<BatchJob> job, bool urgent) {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    job->use_files(state_->files);
    replace_lost();
    if (urgent) {
      state_->jobs.push_front(std::move(job));
    } else {
      state_->jobs.push_back(std::move(job));
    }
  }
  state_->available.notify_all();
}

void Pool::prioritize(const std::shared_ptr<BatchJob>& job) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  replace_lost();
  auto& jobs = state_->jobs;
  const auto found = std::find(jobs.begin(), jobs.end(), job);
  if (found == jobs.end() || found == jobs.begin()) return;
  jobs.erase(found);
  jobs.push_front(job);
}

void Pool::cancel(const std::shared_ptr<BatchJob>& job) {
  job->cancel();
  const std::lock_guard<std::mutex> lock(state_->mutex);
  job->cancel_pending();
  auto& jobs = state_->jobs;
  jobs.erase(std::remove(jobs.begin(), jobs.end(), job), jobs.end());
}

void Pool::abandon(const std::shared_ptr<BatchJob>& job) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  job->abandon_fetches();
  for (const auto& worker : workers_) {
    if (worker->job == job && job->is_abandoned(worker->sample)) worker->lost = true;
  }
  replace_lost();
}

void Pool::replace_lost() {
  for (auto& worker : workers_) {
    if (!worker->lost) continue;
    try {
      const auto replacement = start();
      worker->thread.detach();
      worker = replacement;
    } catch (const std::exception&) {  // no thread can be started now; the next job tries again
      return;
    }
  }
}

void Pool::work(const std::shared_ptr<State>& state, const std::shared_ptr<Worker>& self) {
  platform::name_this_thread("fastseq");
  try {  // the first exception of a thread allocates memory, and ends the process if there is none: throw it now
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
  }
  Workspace workspace;
  std::unique_lock<std::mutex> lock(state->mutex);
  for (;;) {
    state->available.wait(lock, [&] { return state->stopping || !state->jobs.empty(); });
    if (state->stopping) return;
    const std::shared_ptr<BatchJob> job = state->jobs.front();
    const int i = job->take();
    if (i < 0) {
      state->jobs.pop_front();
      continue;
    }
    self->job = job;
    self->sample = i;
    lock.unlock();
    job->run(i, &workspace);
    lock.lock();
    self->job = nullptr;
    if (self->lost && !self->thread.joinable()) return;  // it has been replaced
    self->lost = false;
  }
}

}  // namespace fastseq
