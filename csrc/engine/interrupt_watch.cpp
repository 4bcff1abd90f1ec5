#include "engine/interrupt_watch.h"

#include <atomic>

#include "base/platform.h"

namespace fastseq {
namespace {

int watchers = 0;
platform::InterruptAction before;
std::atomic<unsigned> seen{0};

void count_and_pass_on(int number) {
  seen.fetch_add(1);
  before.handler()(number);
}

void restore() {
  if (platform::InterruptAction::current().handler() == count_and_pass_on) before.install();
}

}  // namespace

void begin_interrupt_watch() {
  if (watchers++ > 0) return;
  const auto now = platform::InterruptAction::current();
  if (!now.handler() || now.handler() == count_and_pass_on) return;
  before = now;
  now.with(count_and_pass_on).install();
}

void end_interrupt_watch() {
  if (--watchers == 0) restore();
}

void reset_interrupt_watch_after_fork() {
  watchers = 0;
  restore();
}

unsigned interrupt_count() { return seen.load(); }

}  // namespace fastseq
