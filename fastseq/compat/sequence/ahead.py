"""Runs a dataset's own code in threads, for the batches that Keras will ask for next."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from fastseq.compat.sequence.lock import Gate


class _Call:
    """A batch that is made in a thread, unless it is dropped before."""

    def __init__(self, make: Callable[[int], Any], k: int, gate: Gate, executor: ThreadPoolExecutor) -> None:
        self._dropped = False
        self._future: Future[Any] = executor.submit(self._run, make, k, gate)

    def _run(self, make: Callable[[int], Any], k: int, gate: Gate) -> Any:
        with gate.together():
            return None if self._dropped else make(k)

    def drop(self) -> None:
        """Nobody will ask for it."""
        self._dropped = True
        self._future.cancel()

    def result(self) -> Any:
        """The batch, or the exception of the code that makes it."""
        return self._future.result()


class Ahead:
    """The batches of one dataset that are made before they are asked for.

    A pickled or copied one, and that of a forked child, starts with none.

    Attributes:
        gate: what runs the dataset's own code goes through it.
    """

    def __init__(self) -> None:
        """Start no thread yet."""
        self.gate = Gate()
        self._lock = threading.Lock()
        self._begun: dict[int, _Call] = {}
        self._executor: ThreadPoolExecutor | None = None
        self._workers = 0
        _alive.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Nothing of it leaves the process."""
        return Ahead, ()

    def batch(self, k: int, expected: Iterable[int], make: Callable[[int], Any], workers: int) -> Any:
        """Batch `k`, made in one of `workers` threads; then those of `expected` are begun, and no others.

        Raises:
            Exception: what `make(k)` raised.
        """
        return self._take(k, expected, make, workers).result()

    def _take(self, k: int, expected: Iterable[int], make: Callable[[int], Any], workers: int) -> _Call:
        with self._lock:
            executor = self._threads(workers)
            begun, self._begun = self._begun, {}
            for n in [k, *([] if self.gate.wanted_alone else expected)]:
                self._begun[n] = begun.pop(n) if n in begun else _Call(make, n, self.gate, executor)
            for stale in begun.values():
                stale.drop()
            return self._begun.pop(k)

    def drop(self) -> None:
        """Drop what was begun; of that, only what already runs goes on to its end."""
        with self._lock:
            begun, self._begun = self._begun, {}
        for call in begun.values():
            call.drop()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Drop what was begun, and let none of the dataset's code run in other threads meanwhile."""
        self.drop()
        with self.gate.alone():
            self.drop()  # what was begun while this thread waited
            yield

    def _threads(self, workers: int) -> ThreadPoolExecutor:
        if self._executor is None or self._workers != workers:
            if self._executor is not None:
                self._executor.shutdown(wait=False)
            self._executor = ThreadPoolExecutor(workers, thread_name_prefix="fastseq")
            self._workers = workers
        return self._executor


_alive: weakref.WeakSet[Ahead] = weakref.WeakSet()


def _forget_parents_calls() -> None:
    for ahead in list(_alive):
        ahead.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_forget_parents_calls)
