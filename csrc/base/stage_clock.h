// How long the work on one image takes, by stage.
#pragma once
#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace fastseq {

enum class Stage { kRead, kEntropy, kTransform, kResample, kWrite };
constexpr int kStages = 5;

// Counts the time between start() and stop() for the stage that was entered last.
class StageClock {
 public:
  void start(Stage stage) {
    begun_ = std::chrono::steady_clock::now();
    first_ = last_ = now();
    stage_ = stage;
    for (uint64_t& count : ticks_) count = 0;
  }
  // Returns the stage before.
  Stage enter(Stage stage) {
    const uint64_t tick = now();
    ticks_[static_cast<int>(stage_)] += tick - last_;
    last_ = tick;
    const Stage before = stage_;
    stage_ = stage;
    return before;
  }
  // Adds the nanoseconds of each stage.
  void stop(int64_t* nanoseconds) {
    enter(stage_);
    const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - begun_;
    const double per_tick = last_ > first_ ? elapsed.count() / static_cast<double>(last_ - first_) : 0;
    for (int s = 0; s < kStages; ++s) nanoseconds[s] += static_cast<int64_t>(static_cast<double>(ticks_[s]) * per_tick);
  }

 private:
  // Whatever is cheapest to read: stop() converts it.
  static uint64_t now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

  std::chrono::steady_clock::time_point begun_;
  uint64_t first_ = 0, last_ = 0;
  uint64_t ticks_[kStages] = {};
  Stage stage_ = Stage::kRead;
};

// Counts the time from construction to destruction for a stage; does nothing if the clock is null.
class StageScope {
 public:
  StageScope(StageClock* clock, Stage stage) : clock_(clock), before_(clock ? clock->enter(stage) : stage) {}
  StageScope(const StageScope&) = delete;
  StageScope& operator=(const StageScope&) = delete;
  ~StageScope() {
    if (clock_) clock_->enter(before_);
  }

 private:
  StageClock* const clock_;
  const Stage before_;
};

}  // namespace fastseq
