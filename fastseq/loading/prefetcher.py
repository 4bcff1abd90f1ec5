"""Prefetcher: the batches of a set of samples by number, those that are wanted next decoded ahead."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._warn import warn_user
from fastseq.engine.any_format import decode_any
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import LookAhead, depth_ahead, prefetch_cap
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.pixel_cache import PixelCache
from fastseq.engine.pixels import Decode
from fastseq.engine.settings import Settings
from fastseq.engine.sources import TableSources
from fastseq.engine.threads import shared_threads
from fastseq.errors import BadSample, StalledWarning
from fastseq.loading.blocks.block_batch import BlockBatch
from fastseq.loading.blocks.block_prefetcher import BlockPrefetcher
from fastseq.samples import Samples

Key = tuple[int, int]  # epoch, batch
Decoded = tuple[NDArray[Any], NDArray[np.int64], dict[int, BadSample]]
"""The images, image j of sample i at place i + j * b; the samples' numbers, int64 (b,); and the bad and recovered
images by their place."""
Pending: TypeAlias = PendingBatch | BlockBatch


class BatchOrder(Protocol):
    """Which samples each batch of an epoch has."""

    def indices(self, epoch: int, k: int, /) -> NDArray[np.int64]:
        """The samples' numbers, int64 (b,)."""


_DEFAULT_STALL_S = 60.0
_MAX_PROBES = 2  # batches kept; as many as Keras probes


def _seconds(stall_warn_s: float | None) -> float:
    seconds = _DEFAULT_STALL_S if stall_warn_s is None else stall_warn_s
    result = arguments.number("stall_warn_s", seconds)
    if result <= 0:
        raise ValueError(f"stall_warn_s must be more than 0 seconds, not {stall_warn_s!r}")
    return result


class Prefetcher:
    """Decodes any batch on request, and begins those that are wanted next.

    Safe to use from several threads, signal handlers and finalizers.

    Attributes:
        decoder: begins the batches.
        look_ahead: those that are begun.
        depth: how many batches to ask for ahead.
        batch_bytes: the size of a batch.
        stall_s: how long to wait before a `StalledWarning`, in seconds.
    """

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
        fallback: Decode = decode_any,
        blocks: BlockPrefetcher | None = None,
        pixels: PixelCache | None = None,
    ) -> None:
        """Prepare; no thread is started and no memory allocated before the first batch is requested.

        Args:
            samples: where the images are.
            order: which samples each batch has, at most `batch_size`.
            settings: what becomes of the images.
            batch_size: samples in a batch.
            seed: of random transforms.
            threads: how many threads decode; as many as there are cores if None.
            prefetch_bytes: bound on the batches begun and not handed out; see `LookAhead`.
            stall_warn_s: how long to wait for one file, in seconds, before a `StalledWarning` names it; 60 if None.
            fallback: decodes formats other than JPEG.
            blocks: fetches the images, if they are read by blocks.
            pixels: keeps the pictures of the rows of the samples' table.

        Raises:
            ValueError: for a value that is not possible.
        """
        self._samples = samples
        self._order = order
        self._seed = seed
        cap = prefetch_cap(prefetch_bytes)
        self.decoder = Decoder(settings, shared_threads(threads), BatchAllocator(cap), fallback, pixels)
        self.look_ahead: LookAhead[Key, Pending] = LookAhead(cap)
        self._blocks = blocks
        images = batch_size * samples.inputs.image_count
        self.depth = depth_ahead(self.decoder.threads.count, images)
        self.batch_bytes = self.decoder.batch_bytes(images)
        self.stall_s = _seconds(stall_warn_s)
        self._probed: frozenset[Key] = frozenset()  # batches that were looked at, and will be asked for

    def fetch(self, key: Key, ahead: Iterable[Key], probe: bool = False) -> Decoded:
        """Decode a batch, and begin those of `ahead` meanwhile, as far as the cap allows.

        Args:
            key: the batch.
            ahead: those that will be asked for next, in that order.
            probe: whether this one will be asked for again. The first of such batches are kept, for as long as batches
                of their epoch are asked for.
        """
        wanted = dict.fromkeys(ahead)
        batch = self.take(key, wanted) or self.begin(key, urgent=True)
        try:
            self.look_ahead.begin(wanted, self.begin, lambda _: self.batch_bytes)
            images, indices, reports = self.wait(key, batch)
        except BaseException:
            batch.cancel()
            raise
        if not probe or len(self._probed) >= _MAX_PROBES:
            return images, indices, reports
        images, indices = images.copy(), indices.copy()
        self._probed |= {key}
        self.look_ahead.put(key, batch)
        return images, indices, reports

    def decode(self, epoch: int, indices: NDArray[np.int64]) -> tuple[NDArray[Any], dict[int, BadSample]]:
        """Decode some samples at once, as they would be in an epoch.

        Returns:
            The images, and the bad and recovered ones by their place; see `fetch`.
        """
        batch = self._begin_samples(epoch, indices, urgent=True)
        self._result(batch)
        return batch.images, batch.reports(epoch)

    def cancel_prefetch(self) -> None:
        """Cancel what is begun ahead; returns when no thread writes to it any more. Takes no lock."""
        self._probed = frozenset()
        self.look_ahead.cancel_prefetch()
        if self._blocks is not None:
            self._blocks.cancel_prefetch()

    def begin(self, key: Key, urgent: bool = False) -> Pending:
        """Begin to decode a batch; whoever calls this owns it. `urgent` puts it before all others."""
        return self._begin_samples(key[0], self._order.indices(*key), urgent)

    def take(self, key: Key, keep: Iterable[Key] = ()) -> Pending | None:
        """Hand out a batch, if it is begun, and cancel all others but those of `keep` and those that were probed."""
        if self._blocks is not None:
            self._blocks.move_to(*key, self.depth)
        self._probed = frozenset(k for k in self._probed if k[0] == key[0] and k != key)
        return self.look_ahead.take(key, {*keep, *self._probed})

    def wait(self, key: Key, batch: Pending) -> Decoded:
        """Wait for a batch that is begun; an interrupt cancels it and is raised."""
        self._result(batch)
        numbers = batch.numbers
        assert isinstance(numbers, np.ndarray)
        return batch.images, numbers[: len(numbers) // self._samples.inputs.image_count], batch.reports(key[0])

    def _begin_samples(self, epoch: int, indices: NDArray[np.int64], urgent: bool) -> Pending:
        rows = self._samples.image_rows(indices)
        samples = indices + len(self._samples) * np.arange(len(rows))[:, None]  # each image has draws of its own
        draws = self.decoder.settings.pipeline.draw(self._seed, epoch, samples.ravel())
        numbers, rows = np.tile(indices, len(rows)), rows.ravel()
        begin = partial(self.decoder.begin, draws=draws, urgent=urgent, numbers=numbers, cells=rows)
        if self._blocks is not None:
            return self._blocks.begin(rows, self.decoder.batch_bytes(rows.size), begin)
        return begin(TableSources(self._samples.table, rows))

    def _result(self, batch: Pending) -> None:
        def warn(place: int) -> None:
            what = "a file of another batch" if place < 0 else repr(batch.path(place))
            there = "server" if self._samples.table.etags is not None else "file system"
            text = f"{what} has kept the loader waiting for {self.stall_s:g} s: is its {there} there?"
            warn_user(text, StalledWarning)

        batch.result(self.stall_s, warn)
