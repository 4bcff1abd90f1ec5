// Counts SIGINTs for threads other than the main one, which alone handles signals in Python.
#pragma once

namespace fastseq {

// Starts to count SIGINTs, which are still handled as before; calls nest. Not thread-safe, and not safe during a fork.
void begin_interrupt_watch();
void end_interrupt_watch();
// Stops counting, in a forked child.
void reset_interrupt_watch_after_fork();
// The number of SIGINTs counted so far.
unsigned interrupt_count();

}  // namespace fastseq
