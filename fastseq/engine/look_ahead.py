"""Batches that are begun before they are asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from fastseq import arguments
from fastseq.engine.pending_batch import GRACE_S
from fastseq.engine.threads import register_cleanup

DEFAULT_PREFETCH_BYTES = 256 << 20
_MIN_IMAGES_AHEAD = 4  # for each thread, so that none runs dry between two batches


class Begun(Protocol):
    """A batch under way."""

    @property
    def nbytes(self) -> int:
        """Its size, as far as it is known."""

    @property
    def needs_poll(self) -> bool:
        """Whether `poll` has something to do."""

    def poll(self) -> None:
        """Start what follows on a finished stage. Never waits."""

    def stop(self) -> None:
        """Begin nothing more; `cancel` waits for what runs."""

    def cancel(self, grace_s: float = ..., /) -> None:
        """End it; returns when nothing writes to its memory any more, and waits at most `grace_s` for reads."""


def cancel_all(batches: Iterable[Begun]) -> None:
    """Cancel batches that were begun, with one period of grace for all of them."""
    begun = list(batches)
    for batch in begun:
        batch.stop()
    end = time.monotonic() + GRACE_S
    for batch in begun:
        batch.cancel(max(0.0, end - time.monotonic()))


Key = TypeVar("Key")
Batch = TypeVar("Batch", bound=Begun)


def prefetch_cap(prefetch_bytes: int | None) -> int:
    """The cap on the batches begun ahead, in bytes: `prefetch_bytes`, or the default if None.

    Raises:
        TypeError: if it is not an integer.
        ValueError: if it is negative.
    """
    if prefetch_bytes is None:
        return DEFAULT_PREFETCH_BYTES
    return min(arguments.integer("prefetch_bytes", prefetch_bytes, minimum=0), sys.maxsize)


def depth_ahead(threads: int, batch_size: int) -> int:
    """How many batches to begin ahead, cap permitting: enough to keep all threads busy."""
    return max(2, -(-_MIN_IMAGES_AHEAD * threads // batch_size))


class LookAhead(Generic[Key, Batch]):
    """The batches of one consumer that are begun and not handed out yet, by key. A pickled copy has none.

    `max_bytes` bounds their memory, but the batch that is wanted next is always begun, however large, unless the bound
    is 0. A batch that is requested never waits for room.

    Any thread, signal handler or finalizer may call any method at any time: no lock is held, and a batch belongs to
    whoever pops it from the dict. Keys must be hashed and compared without running Python code.
    """

    _is_finalizing = staticmethod(sys.is_finalizing)

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.reset_after_fork()
        register_cleanup(self)

    def reset_after_fork(self) -> None:
        """Let go of what a parent process has begun: its threads do not exist here."""
        self._begun: dict[Key, Batch] = {}
        self._generation = object()  # what was begun in an earlier one has been cancelled

    def __reduce__(self) -> tuple[Any, ...]:
        return LookAhead, (self.max_bytes,)

    def __len__(self) -> int:
        return len(self._begun)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._begun.copy())

    def __contains__(self, key: object) -> bool:
        return key in self._begun

    @property
    def nbytes(self) -> int:
        """The size of all of them."""
        return sum(batch.nbytes for batch in self._begun.copy().values())

    def take(self, key: Key, keep: Container[Key]) -> Batch | None:
        """Hand out a batch, if it is begun, and cancel all others but those of `keep`."""
        taken = self._begun.pop(key, None)
        stale = [self._begun.pop(k, None) for k in self if k not in keep]
        cancel_all(batch for batch in stale if batch is not None)
        return taken

    def begin(
        self, wanted: Iterable[Key], begin: Callable[[Key], Batch | None], batch_bytes: Callable[[Key], int]
    ) -> None:
        """Begin batches as long as they fit, and let those that are begun go on.

        Args:
            wanted: the batches that will be asked for next, in that order.
            begin: begins one; returns None if there is nothing to begin. After a MemoryError or RuntimeError no more
                are begun: the error is raised where that batch is requested, if it persists.
            batch_bytes: the size of one.
        """
        generation = self._generation
        for key, batch in self._begun.copy().items():
            if batch.needs_poll and self._begun.pop(key, None) is batch:
                try:
                    batch.poll()
                except BaseException:  # it may have started only a part of what follows
                    batch.cancel()
                    raise
                self._put(key, batch, generation)
        if self.max_bytes == 0:
            return
        left = self.max_bytes - self.nbytes
        is_first = True
        for key in wanted:
            if key not in self._begun:
                left -= batch_bytes(key)
                if left < 0 and not is_first:
                    return
                try:
                    begun = begin(key)
                except (MemoryError, RuntimeError):
                    return
                if begun is None:
                    continue
                self._put(key, begun, generation)
                if generation is not self._generation:
                    return
            is_first = False

    def put(self, key: Key, batch: Batch) -> None:
        """Take a batch back that was handed out."""
        self._put(key, batch, self._generation)

    def cancel_prefetch(self) -> None:
        """Cancel what is begun; returns when nothing writes to it any more.

        While the interpreter is torn down it does nothing: jobs end themselves, and the globals used here may be gone.
        """
        if self._is_finalizing():
            return
        self._generation = object()
        cancelled = []
        while self._begun:
            try:
                cancelled.append(self._begun.popitem()[1])
            except KeyError:  # another thread has popped the last one
                break
        cancel_all(cancelled)

    def __del__(self) -> None:
        self.cancel_prefetch()

    def _put(self, key: Key, batch: Batch, generation: object) -> None:
        if self._begun.setdefault(key, batch) is not batch:  # another thread has begun the same one
            batch.cancel()
            return
        if self._generation is not generation and self._begun.pop(key, None) is batch:
            batch.cancel()
