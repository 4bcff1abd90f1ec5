// Whether SIGINT has come, for threads that Python does not tell of it: only its main thread sees signals.
#pragma once

namespace fastseq {

// From now on SIGINTs are counted, and handled as before; calls nest. Not safe against each other, nor against a fork.
void begin_interrupt_watch();
void end_interrupt_watch();
// In a forked child: nobody watches.
void reset_interrupt_watch_after_fork();
// SIGINTs that were counted so far.
unsigned interrupt_count();

}  // namespace fastseq
