"""The threads of the process: native ones that decode JPEGs, and Python ones for other formats.

Loaders with the same number of threads share them; they end with the last of these loaders. A forked child starts its
own. At exit all but those that do not return are joined before the interpreter is torn down.

No lock is taken here: a signal handler may run inside any of these functions, and wait for threads that call them too.
"""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable, Iterable
from typing import Protocol

from fastseq import arguments
from fastseq._native.job import Pool
from fastseq.engine.cpu_quota import usable_cpus
from fastseq.engine.fork_lock import wait_for_imports
from fastseq.engine.platform import call_after_fork
from fastseq.engine.python_threads import Task, TaskThreads, join_all

_EXIT_TIMEOUT_S = 0.5


class Threads:
    """`count` threads, started on demand; they end with the last reference to this object and its jobs."""

    def __init__(self, count: int) -> None:
        """Use `shared_threads`, which returns the same object to all callers."""
        self.count = count
        self._reset()
        _all.add(self)

    def _reset(self) -> None:
        self._pools: dict[int, Pool] = {}  # one, or none; `setdefault` is atomic
        self._task_threads: dict[int, TaskThreads] = {}

    @property
    def pool(self) -> Pool:
        """Native threads.

        Raises:
            RuntimeError: if none can be started.
        """
        pool = self._pools.get(0)
        if pool is not None:
            return pool
        try:
            return self._pools.setdefault(0, Pool(self.count))
        except RuntimeError as error:
            raise _no_thread(error) from None

    def submit(self, call: Callable[[], None]) -> Task:
        """Let a Python thread make a call, which must not raise.

        Raises:
            RuntimeError: if no thread can be started.
        """
        threads = self._task_threads.get(0)
        if threads is None:
            threads = self._task_threads.setdefault(0, TaskThreads(self.count, _EXIT_TIMEOUT_S))
        try:
            return threads.submit(call)
        except RuntimeError as error:
            raise _no_thread(error) from None

    def abandon(self, tasks: Iterable[Task]) -> None:
        """Abandon these tasks, and replace their threads, which may never return."""
        for threads in self._task_threads.copy().values():
            threads.abandon(tasks)

    def ensure_running(self) -> None:
        """Start the Python threads that queued calls need; see `TaskThreads.ensure_running`.

        Raises:
            RuntimeError: if there is none, and none can be started.
        """
        try:
            for threads in self._task_threads.copy().values():
                threads.ensure_running()
        except RuntimeError as error:
            raise _no_thread(error) from None

    def __reduce__(self) -> tuple[object, ...]:
        return shared_threads, (self.count,)


def _no_thread(error: RuntimeError) -> RuntimeError:
    return RuntimeError(
        f"no thread to decode with could be started ({error}); end other processes, or raise the limits on processes "
        "(ulimit -u) and memory"
    )


_all: weakref.WeakSet[Threads] = weakref.WeakSet()
_shared: weakref.WeakValueDictionary[int, Threads] = weakref.WeakValueDictionary()
_lasting: dict[int, Threads] = {}


def thread_count(threads: int | None) -> int:
    """The number to use: `threads`, or as many as there are cores for this process; see `usable_cpus`.

    Raises:
        TypeError: if `threads` is neither None nor an integer.
        ValueError: if it is less than 1.
    """
    if threads is None:
        return usable_cpus()
    return arguments.integer("threads", threads, minimum=1)


def shared_threads(threads: int | None) -> Threads:
    """The process's `Threads` of that number, which end with the last reference to them.

    Raises:
        TypeError: if `threads` is neither None, for all cores, nor an integer.
        ValueError: if it is less than 1.
    """
    count = thread_count(threads)
    found = _shared.get(count)
    return _shared.setdefault(count, Threads(count)) if found is None else found


def lasting_threads(threads: int | None) -> Threads:
    """The same, kept until the process ends: for functions that are called again and again."""
    found = shared_threads(threads)
    _lasting[found.count] = found
    return found


class Prefetching(Protocol):
    """What begins batches before they are asked for."""

    def cancel_prefetch(self) -> None:
        """Cancel what is begun; returns when no thread writes to it any more. Takes no lock."""

    def reset_after_fork(self) -> None:
        """Let go of what a parent process has begun: its threads do not exist here."""


class Resettable(Protocol):
    """What holds locks, or anything else that is of no use in a forked child."""

    def reset_after_fork(self) -> None:
        """Replace it."""


_prefetching: weakref.WeakSet[Prefetching] = weakref.WeakSet()
_resettable: weakref.WeakSet[Resettable] = weakref.WeakSet()


def register_cleanup(prefetching: Prefetching) -> None:
    """Call its `cancel_prefetch` before the threads end at exit, and its `reset_after_fork` in a forked child."""
    _prefetching.add(prefetching)
    register_fork_reset(prefetching)


def register_fork_reset(resettable: Resettable) -> None:
    """Call its `reset_after_fork` in a forked child."""
    _resettable.add(resettable)


def _after_fork() -> None:
    for threads in list(_all):
        threads._reset()
    for resettable in list(_resettable):
        resettable.reset_after_fork()


def _at_exit() -> None:
    for prefetching in list(_prefetching):
        prefetching.cancel_prefetch()
    wait_for_imports()
    join_all()
    for threads in list(_all):
        threads._reset()


call_after_fork(_after_fork)
atexit.register(_at_exit)
