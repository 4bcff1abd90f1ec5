#include "engine/interrupt_watch.h"

#include <signal.h>

#include <atomic>

namespace fastseq {
namespace {

int watchers = 0;
struct sigaction before = {};
std::atomic<unsigned> seen{0};

void count_and_pass_on(int number) {
  seen.fetch_add(1);
  before.sa_handler(number);
}

bool is_plain_handler(const struct sigaction& action) {
  return !(action.sa_flags & SA_SIGINFO) && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

void restore() {
  struct sigaction now = {};
  if (::sigaction(SIGINT, nullptr, &now) == 0 && now.sa_handler == count_and_pass_on) {
    ::sigaction(SIGINT, &before, nullptr);
  }
}

}  // namespace

void begin_interrupt_watch() {
  if (watchers++ > 0) return;
  struct sigaction now = {};
  if (::sigaction(SIGINT, nullptr, &now) != 0 || !is_plain_handler(now)) return;
  if (now.sa_handler == count_and_pass_on) return;
  before = now;
  now.sa_handler = count_and_pass_on;
  ::sigaction(SIGINT, &now, nullptr);
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
