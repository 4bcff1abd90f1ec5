"""MapAhead: batches that the user's code has the last word on, made ahead of need."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from fastseq._warn import warn_user
from fastseq.engine.look_ahead import LookAhead
from fastseq.engine.pending_batch import GRACE_S
from fastseq.engine.python_call import PythonCall
from fastseq.engine.python_threads import TaskThreads
from fastseq.engine.threads import register_fork_reset
from fastseq.errors import StalledWarning
from fastseq.loading.prefetcher import Decoded, Key, Pending, Prefetcher

_EXIT_TIMEOUT_S = 5.0  # for the user's code

Finish: TypeAlias = Callable[[Key, Decoded, bool], Any]
"""Makes a batch of its images, their numbers and reports; the last argument says whether it is a probe."""


class MapAhead:
    """Finishes decoded batches on one thread, so that the user's function is never called twice at once.

    Safe to use from several threads, signal handlers and finalizers. A copy, and a forked child, begin with none.
    """

    def __init__(self, prefetcher: Prefetcher) -> None:
        """Prepare; no thread is started yet.

        Args:
            prefetcher: decodes the batches, and says how much is begun ahead.
        """
        self._prefetcher = prefetcher
        self._look_ahead: LookAhead[Key, _MappedBatch] = LookAhead(prefetcher.look_ahead.max_bytes)
        self._made_bytes: int | None = None  # of the last batch
        self.reset_after_fork()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Let go of a parent's thread."""
        self._threads: dict[int, TaskThreads] = {}  # one, or none; `setdefault` is atomic
        self._mapping: int | None = None  # the thread that calls the function now

    def __reduce__(self) -> tuple[Any, ...]:
        return MapAhead, (self._prefetcher,)

    def fetch(self, key: Key, ahead: Iterable[Key], finish: Finish, probe: bool = False) -> Any:
        """Make a batch, and begin those of `ahead` meanwhile, as far as the bound allows.

        Args:
            key: the batch.
            ahead: those that will be asked for next, in that order.
            finish: makes a batch of what is decoded.
            probe: whether this one will be asked for again; see `Prefetcher.fetch`.

        Raises:
            BaseException: what `finish` raised.
        """
        if self._mapping == _thread.get_ident():  # the user's function asks for another batch
            return finish(key, self._prefetcher.wait(key, self._prefetcher.begin(key, urgent=True)), probe)
        if probe:
            decoded = self._prefetcher.fetch(key, ahead, probe=True)
            return self._result(PythonCall(lambda: self._call(partial(finish, key, decoded, True)), self._thread, 0))
        wanted = dict.fromkeys(ahead)
        batch = self._look_ahead.take(key, wanted) or self._begin(finish, key, urgent=True)
        try:
            self._look_ahead.begin(wanted, partial(self._begin, finish), lambda _: self._batch_bytes)
        except BaseException:
            batch.cancel()
            raise
        made = self._result(batch)
        self._made_bytes = batch.nbytes
        return made

    def _result(self, batch: PythonCall) -> Any:
        warned = False

        def warn(seconds: float) -> None:
            nonlocal warned
            if self._mapping is not None and seconds >= self._prefetcher.stall_s and not warned:
                warned = True
                warn_user(
                    f"the function of map= has kept the loader waiting for {self._prefetcher.stall_s:g} s: does it "
                    "wait for something that waits for this batch?",
                    StalledWarning,
                )

        return batch.result(may_overtake=False, on_wait=warn)

    @property
    def _batch_bytes(self) -> int:
        """What a batch takes before it is mapped, and what the last one took after that.

        The first batch tells how large they are: until then one is begun ahead.
        """
        if self._made_bytes is None:
            return self._look_ahead.max_bytes
        return max(self._prefetcher.batch_bytes, self._made_bytes)

    def cancel_prefetch(self) -> None:
        """Cancel what is begun; a function that is being called goes on to its end. Takes no lock."""
        self._look_ahead.cancel_prefetch()

    @property
    def _thread(self) -> TaskThreads:
        found = self._threads.get(0)
        return self._threads.setdefault(0, TaskThreads(1, _EXIT_TIMEOUT_S)) if found is None else found

    def _begin(self, finish: Finish, key: Key, urgent: bool = False) -> _MappedBatch:
        pending = self._prefetcher.take(key) or self._prefetcher.begin(key, urgent)
        wait = partial(self._prefetcher.wait, key, pending)
        return _MappedBatch(
            pending,
            wait,
            lambda decoded: self._call(partial(finish, key, decoded, False)),
            self._thread,
            self._batch_bytes,
        )

    def _call(self, finish: Callable[[], Any]) -> Any:
        self._mapping = _thread.get_ident()
        try:
            return finish()
        finally:
            self._mapping = None


class _MappedBatch(PythonCall):
    """A batch that a thread waits for and finishes."""

    def __init__(
        self,
        pending: Pending,
        wait: Callable[[], Decoded],
        finish: Callable[[Decoded], Any],
        threads: TaskThreads,
        nbytes: int,
    ) -> None:
        self._pending: Pending | None = pending
        super().__init__(lambda: self._finish(wait, finish), threads, nbytes)

    def _finish(self, wait: Callable[[], Decoded], finish: Callable[[Decoded], Any]) -> Any:
        decoded = wait()
        self._pending = None
        return None if self.cancelled else finish(decoded)

    def stop(self) -> None:
        super().stop()
        if (pending := self._pending) is not None:
            pending.stop()

    def cancel(self, grace_s: float = GRACE_S, /) -> None:
        super().stop()
        if (pending := self._pending) is not None:
            pending.cancel(grace_s)
