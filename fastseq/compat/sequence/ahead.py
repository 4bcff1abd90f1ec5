"""Runs a dataset's own code on threads, for the batches that Keras will ask for next."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from fastseq.compat.sequence.lock import RWLock
from fastseq.engine.look_ahead import LookAhead
from fastseq.engine.python_threads import TaskThreads
from fastseq.engine.threads import register_fork_reset

_EXIT_TIMEOUT_S = 5.0  # for the user's code
_POLL_S = 0.05


class _Call:
    """A batch that a thread makes, unless it is cancelled before.

    The user's code writes to memory of its own: there is nothing to wait for when it is cancelled.
    """

    needs_poll = False  # its decoder runs in the user's code

    def __init__(self, make: Callable[[int], Any], k: int, lock: RWLock, threads: TaskThreads, nbytes: int) -> None:
        self.nbytes = nbytes  # an estimate until it is made
        self._cancelled = False
        self._batch: Any = None
        self._error: BaseException | None = None
        self._running = _thread.allocate_lock()  # held until the call has ended
        self._running.acquire()
        self._threads = threads
        self._task = threads.submit(lambda: self._run(make, k, lock))

    def _run(self, make: Callable[[int], Any], k: int, lock: RWLock) -> None:
        try:
            with lock.read():
                if not self._cancelled:
                    self._batch = make(k)
                    self.nbytes = nbytes_of(self._batch)
        except BaseException as error:  # for whoever asks for this batch
            self._error = error
        finally:
            self._running.release()

    def poll(self) -> None:
        pass

    def stop(self) -> None:
        self._cancelled = True

    def cancel(self, grace_s: float = 0.0, /) -> None:
        self._cancelled = True

    def result(self) -> Any:
        """The batch, or the exception of the code that makes it."""
        try:
            while not self._running.acquire(timeout=_POLL_S):
                self._threads.ensure_running()
        except BaseException:
            self._threads.abandon([self._task])
            raise
        if self._error is None:
            return self._batch
        try:
            raise self._error
        finally:
            self._error = None  # which would keep this frame alive


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
        self._calls: LookAhead[int, _Call] = LookAhead(0)
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
        call = calls.take(k, wanted) or _Call(make, k, self.lock, threads, size)
        calls.begin(wanted, lambda n: _Call(make, n, self.lock, threads, size), lambda _: size)
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


def nbytes_of(batch: Any) -> int:
    """The memory of the arrays in a batch: an array, or tuples, lists and dicts of them."""
    if isinstance(batch, dict):
        batch = list(batch.values())
    if isinstance(batch, (tuple, list)):
        return sum(map(nbytes_of, batch))
    try:
        nbytes = getattr(batch, "nbytes", 0)
    except Exception:  # of a sparse tensor, for example
        return 0
    return nbytes if isinstance(nbytes, int) else 0
