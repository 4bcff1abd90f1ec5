"""Batches by number, some of them begun before they are asked for."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.engine.batch_memory import Lender
from fastseq.engine.fallback import read_file
from fastseq.engine.pending_batch import Failure, PendingBatch, Read, cancel_all
from fastseq.engine.settings import Settings
from fastseq.engine.threads import look_after, shared_threads
from fastseq.errors import DecodeError, StalledWarning
from fastseq.samples import Samples

Key = tuple[int, int]  # epoch, batch
Entry = tuple[PendingBatch, NDArray[np.int64]]  # and its samples' numbers


class BatchOrder(Protocol):
    """Which samples batch k of an epoch has."""

    def indices(self, epoch: int, k: int, /) -> NDArray[np.int64]:
        """Their numbers, int64 (b,)."""


DEFAULT_PREFETCH_BYTES = 256 << 20
_DEFAULT_STALL_S = 60.0
_MOST_KEPT = 2  # batches; as many as Keras probes
_LEAST_IMAGES_AHEAD = 4  # a thread: enough that none runs dry between two batches


def _seconds(stall_warn_s: float | None) -> float:
    seconds = _DEFAULT_STALL_S if stall_warn_s is None else stall_warn_s
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ValueError(f"stall_warn_s must be a positive number of seconds, or None, not {stall_warn_s!r}")
    return float(seconds)


def prefetch_cap(prefetch_bytes: int | None) -> int:
    """The bound on the batches begun ahead, in bytes: `prefetch_bytes`, or the default where None.

    Raises:
        ValueError: if it is not an integer of at least 0.
    """
    cap = DEFAULT_PREFETCH_BYTES if prefetch_bytes is None else prefetch_bytes
    if not isinstance(cap, int) or cap < 0:
        raise ValueError(f"prefetch_bytes must be an integer of at least 0, or None, not {prefetch_bytes!r}")
    return cap


def depth_ahead(threads: int, batch_size: int) -> int:
    """How many batches to begin ahead, where the cap allows: enough for all threads."""
    return max(2, -(-_LEAST_IMAGES_AHEAD * threads // batch_size))


class Prefetcher:
    """Decodes batch k of an epoch, and holds those that are wanted next. Safe to use from several threads."""

    def __init__(
        self,
        samples: Samples,
        order: BatchOrder,
        settings: Settings,
        *,
        batch_size: int,
        seed: int,
        threads: int | None,
        prefetch_bytes: int | None,
        stall_warn_s: float | None = None,
    ) -> None:
        """Prepare; no thread is started and no memory taken before the first batch is asked for."""
        self._samples = samples
        self._order = order
        self._settings = settings
        self._seed = seed
        self._threads = shared_threads(threads)
        self._cap = prefetch_cap(prefetch_bytes)
        self._stall_s = _seconds(stall_warn_s)
        self._depth = depth_ahead(self._threads.count, batch_size)
        self.forget()

    def forget(self) -> None:
        """Begin with locks and buffers of one's own, and with nothing begun."""
        self._lock = threading.Lock()
        self._begun: dict[Key, Entry] = {}
        self._kept: dict[Key, Entry] = {}
        self._generation = 0  # of what was begun; discard() begins a new one
        self._buffers = Lender(self._cap)
        look_after(self)

    @property
    def depth(self) -> int:
        """How many batches are begun ahead, where the byte cap allows."""
        return self._depth

    def fetch(
        self, key: Key, ahead: Iterable[Key], probe: bool = False
    ) -> tuple[NDArray[Any], NDArray[np.int64], list[Failure]]:
        """The images of a batch, its samples' numbers and its bad places; then the batches of `ahead` are begun.

        What is asked for as a probe will be asked for again: the first of them are kept, for as long as batches of
        their epoch are asked for, and the probe gets a copy.
        """
        wanted = dict.fromkeys(ahead)
        with self._lock:
            generation = self._generation
            begun, self._begun = self._begun, {}
            self._kept = {k: kept for k, kept in list(self._kept.items()) if k[0] == key[0]}
            stale = [begun.pop(k, None) for k in list(begun) if k != key and k not in wanted]
            cancel_all(entry[0] for entry in stale if entry is not None)
            entry = begun.pop(key, None) or self._kept.pop(key, None) or self._begin(key, needed=True)
            for batch, _ in list(begun.values()):
                batch.poll()
            for k in wanted:
                if k not in begun and k not in self._kept and k != key:
                    ahead_of_need = self._begin(k, needed=False)
                    if ahead_of_need is None:
                        break
                    begun[k] = ahead_of_need
            if generation == self._generation:
                self._begun = begun
            else:
                _drain(begun)
        assert entry is not None
        batch, indices = entry
        self._wait(batch, indices)
        with self._lock:
            keep = probe and len(self._kept) < _MOST_KEPT and generation == self._generation
            if keep:
                self._kept[key] = entry
        if keep:
            return batch.images.copy(), indices.copy(), batch.failures()
        return batch.images, indices, batch.failures()

    def decode(self, epoch: int, indices: NDArray[np.int64]) -> tuple[NDArray[Any], list[Failure]]:
        """The images of some samples as they would be in an epoch, at once, and the bad places among them."""
        batch = self._start(epoch, indices, needed=True)
        assert batch is not None
        self._wait(batch, indices)
        return batch.images, batch.failures()

    def _wait(self, batch: PendingBatch, indices: NDArray[np.int64]) -> None:
        def warn(place: int) -> None:
            what = "a file of another batch" if place < 0 else repr(self._samples.path(int(indices[place])))
            text = f"{what} has kept the loader waiting for {self._stall_s:g} s: is its file system there?"
            warnings.warn(text, StalledWarning, stacklevel=2)

        batch.result(self._stall_s, warn)

    def error(self, indices: NDArray[np.int64], failure: Failure) -> DecodeError:
        """What to raise for a bad sample of a batch with these samples."""
        row = int(indices[failure.place])
        return DecodeError(self._samples.path(row), row, failure.status, failure.detail)

    def discard(self) -> None:
        """Cancel what was begun ahead; returns when no thread writes to it any more.

        Takes no lock: the garbage collector may call it, by way of an iterator that was left, in the middle of `fetch`.
        """
        self._generation += 1
        _drain(self._begun)
        _drain(self._kept)

    def _begin(self, key: Key, needed: bool) -> Entry | None:
        indices = self._order.indices(*key)
        batch = self._start(key[0], indices, needed)
        return None if batch is None else (batch, indices)

    def _start(self, epoch: int, indices: NDArray[np.int64], needed: bool) -> PendingBatch | None:
        images = self._buffers.images(self._settings, len(indices), needed)
        if images is None:
            return None
        table = self._samples.table
        rows = self._samples.rows[indices]
        job = Job(
            self._threads.pool,
            self._settings.recipe,
            images.reshape(-1).view(np.uint8),
            self._settings.pipeline.draw(self._seed, epoch, indices),
            (table.blob, table.offsets, table.root, rows),
            urgent=needed,
        )

        def reader(i: int) -> Read:
            return partial(read_file, table.path(int(rows[i])))

        return PendingBatch(job, images, self._settings, reader, self._threads)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but threads, locks and buffers, which another process makes anew."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_begun", "_kept", "_buffers")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, with nothing begun."""
        self.__dict__.update(state)
        self.forget()


def _drain(entries: dict[Key, Entry]) -> None:
    """Cancel what is in it, while others may take from it as well: nothing goes to both."""
    taken = []
    while entries:
        try:
            taken.append(entries.popitem()[1][0])
        except KeyError:
            break
    cancel_all(taken)
