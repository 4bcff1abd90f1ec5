"""Runs a dataset's own code on threads, for the batches that Keras will ask for next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from fastseq.compat.sequence.lock import RWLock
from fastseq.engine.look_ahead import LookAhead
from fastseq.engine.python_call import PythonCall
from fastseq.engine.python_threads import TaskThreads
from fastseq.engine.threads import register_fork_reset

_EXIT_TIMEOUT_S = 5.0  # for the user's code


class Ahead:
    """The batches of one dataset that are made before they are asked for. A copy, and a forked child, begin with none.

    It has threads of its own, and not native ones alone, because what it runs ahead is the user's `__getitem__`.

    Attributes:
        lock: what runs the dataset's own code goes through it.
    """

    def __init__(self) -> None:
        self.reset_after_fork()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Begin with threads and a lock of its own, and with nothing begun."""
        self.lock = RWLock()
        self._calls: LookAhead[int, PythonCall] = LookAhead(0)
        self._batch_bytes: int | None = None  # of the last batch
        self._threads: TaskThreads | None = None
        self._workers = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return Ahead, ()

    def batch(self, k: int, expected: Iterable[int], make: Callable[[int], Any], workers: int, max_bytes: int) -> Any:
        """Make a batch on one of `workers` threads, and begin those of `expected`, and no others.

        Args:
            k: the batch.
            expected: those that Keras will ask for next, in their order.
            make: makes a batch.
            workers: how many threads there are.
            max_bytes: bound on the batches begun and not handed out; see `LookAhead`.

        Raises:
            Exception: what `make(k)` raised.
        """
        threads = self._threads_of(workers)
        wanted = dict.fromkeys(() if self.lock.write_requested else expected)
        calls = self._calls
        calls.max_bytes = max_bytes
        # The first batch tells how large they are: until then one is begun ahead.
        size = max_bytes if self._batch_bytes is None else self._batch_bytes

        def begin(n: int) -> PythonCall:
            return PythonCall(lambda: make(n), threads, size, self.lock.read())

        call = calls.take(k, wanted) or begin(k)
        calls.begin(wanted, begin, lambda _: size)
        batch = call.result()
        self._batch_bytes = call.nbytes
        return batch

    def cancel_prefetch(self) -> None:
        """Cancel what is begun; only what already runs goes on to its end."""
        self._calls.cancel_prefetch()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Cancel what is begun, and let none of the dataset's code run on other threads meanwhile."""
        self.cancel_prefetch()
        with self.lock.write():
            self.cancel_prefetch()  # what was begun while this thread waited
            yield

    def _threads_of(self, workers: int) -> TaskThreads:
        threads = self._threads
        if threads is None or self._workers != workers:
            self._threads = threads = TaskThreads(workers, _EXIT_TIMEOUT_S)
            self._workers = workers
        return threads
