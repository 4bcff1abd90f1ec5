"""Python threads for calls that may never come back."""

from __future__ import annotations

import _thread
import os
import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TypeAlias

_Running: TypeAlias = _thread.LockType
"""A thread, by a lock that it holds while it lives."""


class Work:
    """A call that is to be made."""

    def __init__(self, call: Callable[[], None]) -> None:
        """Take the call, which raises nothing."""
        self.call = call
        self.thread: _Running | None = None  # that makes it now
        self.dropped = False


class WorkThreads:
    """At most so many threads, started as calls come; they end with this object.

    They are daemons: one that never comes back does not hold up the end of the process, as a thread of
    `concurrent.futures` would. An interrupt may come at any point of these methods: that is why threads are not started
    by `threading.Thread.start`, which an interrupt leaves with its locks taken.
    """

    def __init__(self, count: int) -> None:
        """Start no thread yet."""
        self._pid = os.getpid()
        self._shared = _Shared(count)
        self._started = 0  # threads, but for those that were lost since

    def submit(self, call: Callable[[], None]) -> Work:
        """Queue a call, which raises nothing.

        Raises:
            RuntimeError: if there is no thread, and none can be started.
        """
        work = Work(call)
        self._start_another()
        self._shared.queue.put(work)
        return work

    def drop(self, works: Iterable[Work]) -> None:
        """Nobody waits for these any more: threads that are in one do not count from now on."""
        lost = 0
        with self._shared.lock:
            for work in works:
                work.dropped = True
                if work.thread in self._shared.threads:
                    self._shared.threads.discard(work.thread)
                    lost += 1
        self._started -= lost
        for _ in range(min(lost, self._shared.queue.qsize())):
            try:
                self._start_another()
            except RuntimeError:  # the next call that is queued tries again
                return

    def join(self, at_most_s: float) -> None:
        """End the threads, and wait for those that come back."""
        self._shared.queue.put(None)
        end = time.monotonic() + at_most_s
        for running in list(self._shared.alive):
            if running.acquire(timeout=max(0.0, end - time.monotonic())):
                running.release()

    def __del__(self) -> None:
        """End the threads; those of a parent process are not there."""
        if self._pid == os.getpid():
            self._shared.queue.put(None)

    def _start_another(self) -> None:
        if len(self._shared.threads) >= self._shared.count:
            return
        try:
            _thread.start_new_thread(self._shared.run, ())
            self._started += 1
        except RuntimeError:
            if self._started <= 0:
                raise


class _Shared:
    """What the threads hold; it outlives the object that they end with."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.queue: SimpleQueue[Work | None] = SimpleQueue()  # None: there will be nothing more
        self.lock = threading.RLock()  # guards the rest, and what works say of their threads
        self.threads: set[_Running] = set()  # that are counted on
        self.alive: set[_Running] = set()

    def run(self) -> None:
        me = _thread.allocate_lock()
        with me:
            with self.lock:
                if len(self.threads) >= self.count:
                    return
                self.threads.add(me)
                self.alive.add(me)
            self._make_calls(me)
            with self.lock:
                self.threads.discard(me)
                self.alive.discard(me)

    def _make_calls(self, me: _Running) -> None:
        while (work := self.queue.get()) is not None:
            with self.lock:
                work.thread = None if work.dropped else me
            if work.thread is me:
                work.call()
            with self.lock:
                work.thread = None
                if me not in self.threads:
                    return
            del work  # and the buffers that it holds
        self.queue.put(None)  # for the others
