"""The threads of the process: native ones that decode, and Python ones for what is decoded from Python.

Loaders with the same number of threads share them, and they end with the last of these loaders. A forked child finds
none and makes its own; at exit all but those that do not come back are joined before Python takes the modules apart.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Protocol

from fastseq._native.job import Pool
from fastseq.engine.python_threads import Work, WorkThreads

_MOST_AT_EXIT_S = 0.5  # for what is decoded from Python: a thread in it that goes on may break the end of Python
_lock = threading.RLock()  # the collector may come back here


class Threads:
    """So many threads, started when they are first asked for; they end when nobody holds this or a job of theirs."""

    def __init__(self, count: int) -> None:
        """Use `shared_threads`, which gives the same ones to everybody."""
        self.count = count
        self._forget()

    def _forget(self) -> None:
        self._pool: Pool | None = None
        self._work: WorkThreads | None = None

    @property
    def pool(self) -> Pool:
        """Native threads.

        Raises:
            RuntimeError: if not one of them could be started.
        """
        with _lock:
            if self._pool is None:
                try:
                    self._pool = Pool(self.count)
                except RuntimeError as error:
                    raise _no_thread(error) from None
            return self._pool

    def submit(self, call: Callable[[], None]) -> Work:
        """Let a Python thread make a call, which raises nothing.

        Raises:
            RuntimeError: if not one of them could be started.
        """
        with _lock:
            if self._work is None:
                self._work = WorkThreads(self.count)
            work = self._work
        try:
            return work.submit(call)
        except RuntimeError as error:
            raise _no_thread(error) from None

    def drop(self, works: Iterable[Work]) -> None:
        """Nobody waits for these any more; who comes next does not either, though they may never come back."""
        if self._work is not None:
            self._work.drop(works)

    def __reduce__(self) -> tuple[object, ...]:
        """Those of the process that it comes to."""
        return shared_threads, (self.count,)


def _no_thread(error: RuntimeError) -> RuntimeError:
    return RuntimeError(
        f"no thread to decode with could be started ({error}); end other processes, or raise the limits on processes "
        "(ulimit -u) and memory"
    )


_shared: weakref.WeakValueDictionary[int, Threads] = weakref.WeakValueDictionary()
_lasting: dict[int, Threads] = {}


def thread_count(threads: int | None) -> int:
    """The number to use: `threads`, or as many as there are cores for this process.

    Raises:
        ValueError: if `threads` is not a positive integer.
    """
    if threads is None:
        return len(os.sched_getaffinity(0))
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads must be a positive integer or None, not {threads!r}")
    return threads


def shared_threads(threads: int | None) -> Threads:
    """The threads of that number, for whoever holds them as long as it needs them.

    Raises:
        ValueError: if `threads` is neither None, for all cores, nor a positive integer.
    """
    count = thread_count(threads)
    with _lock:
        found = _shared.get(count)
        if found is None:
            found = _shared[count] = Threads(count)
        return found


def lasting_threads(threads: int | None) -> Threads:
    """The same, kept until the process ends: for functions that are called again and again."""
    found = shared_threads(threads)
    _lasting[found.count] = found
    return found


class BeginsAhead(Protocol):
    """Who begins batches before they are asked for."""

    def discard(self) -> None:
        """Cancel what was begun; returns when no thread writes to it any more."""

    def forget(self) -> None:
        """Drop what a parent process has begun, whose threads are not there."""


_beginners: weakref.WeakSet[BeginsAhead] = weakref.WeakSet()


def look_after(beginner: BeginsAhead) -> None:
    """Let it `discard` before the threads go at exit, and `forget` in a forked child."""
    _beginners.add(beginner)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    for threads in list(_shared.values()):
        threads._forget()
    for beginner in list(_beginners):
        beginner.forget()


def _join() -> None:
    for beginner in list(_beginners):
        beginner.discard()
    for threads in list(_shared.values()):
        if threads._work is not None:
            threads._work.join(_MOST_AT_EXIT_S)
        threads._pool = None


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_join)
