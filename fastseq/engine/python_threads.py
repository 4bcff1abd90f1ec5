"""Python threads for calls that may never return."""

from __future__ import annotations

import _thread
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeAlias

_Running: TypeAlias = _thread.LockType
"""A thread, represented by a lock that it holds while it lives."""


class Task:
    """A call that a thread makes once, unless it is abandoned first."""

    def __init__(self, call: Callable[[], None]) -> None:
        """Take the call, which must not raise."""
        self._call = [call]  # whoever pops it decides whether it is made
        self.thread: _Running | None = None  # that makes the call now

    def run(self, thread: _Running) -> None:
        """Make the call in this thread, unless the task was abandoned."""
        self.thread = thread
        try:
            call = self._call.pop()
        except IndexError:
            return
        call()
        self.thread = None

    def abandon(self) -> _Running | None:
        """Prevent the call; if it is being made, return the thread that makes it."""
        try:
            self._call.pop()
        except IndexError:
            return self.thread
        return None


class TaskThreads:
    """At most `count` threads, started on demand; they end when this object does.

    They are daemon threads: one that never returns does not keep the process alive, as a thread of `concurrent.futures`
    would. A signal handler or a finalizer may run inside any of these methods, call them again and wait for the
    result, or raise. So no lock is ever held, each change of state is a single atomic operation, and threads are
    started without `threading.Thread.start`, which leaves its locks taken when it is interrupted.
    """

    _is_finalizing = staticmethod(sys.is_finalizing)

    def __init__(self, count: int, exit_timeout_s: float = 0.0) -> None:
        """Start no thread yet.

        Args:
            count: how many there may be.
            exit_timeout_s: how long the process waits at its exit for calls that are being made. A thread that runs
                native code while the interpreter is torn down may abort the process.
        """
        self._pid = os.getpid()
        self._shared = _Shared(count)
        self._exit_timeout_s = exit_timeout_s
        _all.add(self)

    def submit(self, call: Callable[[], None]) -> Task:
        """Queue a call, which must not raise.

        Raises:
            RuntimeError: if there is no thread, and none can be started.
        """
        self._start_thread()
        task = Task(call)
        self._shared.queue.put(task)
        return task

    def abandon(self, tasks: Iterable[Task]) -> None:
        """Prevent calls not made yet. Threads inside one of the others no longer count towards `count`."""
        for thread in [task.abandon() for task in tasks]:
            if thread is not None:
                self._shared.threads.discard(thread)
        with suppress(RuntimeError):  # whoever waits for a queued call tries again
            self.ensure_running()

    def ensure_running(self) -> None:
        """Start the threads that queued calls need. To be called now and then by those who wait for one.

        Raises:
            RuntimeError: if there is no thread, and none can be started.
        """
        for _ in range(min(self._shared.queue.qsize(), self._shared.count)):
            self._start_thread()

    def end(self) -> None:
        """End the threads once they have made the calls that are queued; none can be queued any more."""
        if self._pid == os.getpid():
            self._shared.queue.put(None)

    def join(self, start: float) -> None:
        """Wait for threads that were told to end, if they return in time, which counts from `start`."""
        if self._pid != os.getpid():
            return
        end = start + self._exit_timeout_s
        for thread in list(self._shared.alive):
            if thread.acquire(timeout=max(0.0, end - time.monotonic())):
                thread.release()

    def __del__(self) -> None:
        """End the threads; those of a parent process do not exist here. At the end of this one globals may be gone."""
        if not self._is_finalizing():
            self.end()

    def _start_thread(self) -> None:
        """Start another thread unless there are enough; raise only if there is none at all."""
        threads = self._shared.threads
        if len(threads) >= self._shared.count:
            return
        thread = _thread.allocate_lock()
        threads.add(thread)
        try:
            _thread.start_new_thread(self._shared.run, (thread,))
        except BaseException as error:
            threads.discard(thread)
            if threads and isinstance(error, RuntimeError):
                return
            raise


class _Shared:
    """What the threads hold; it outlives the object that they end with."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.queue: SimpleQueue[Task | None] = SimpleQueue()  # None: there will be no more
        self.threads: set[_Running] = set()  # that take calls; not those lost in an abandoned one
        self.alive: set[_Running] = set()

    def run(self, me: _Running) -> None:
        with me:
            self.alive.add(me)
            try:
                self._run_tasks(me)
            finally:
                self.threads.discard(me)
                self.alive.discard(me)

    def _run_tasks(self, me: _Running) -> None:
        while (task := self.queue.get()) is not None:
            task.run(me)
            del task  # and the buffers that it holds
            if me not in self.threads:  # abandoned meanwhile, and perhaps replaced
                if len(self.threads) >= self.count:
                    return
                self.threads.add(me)
        self.queue.put(None)  # for the others


_all: weakref.WeakSet[TaskThreads] = weakref.WeakSet()


def join_all() -> None:
    """End all threads of the process, and wait for those that return in time."""
    ending = list(_all)
    for threads in ending:
        threads.end()
    start = time.monotonic()
    for threads in ending:
        threads.join(start)
