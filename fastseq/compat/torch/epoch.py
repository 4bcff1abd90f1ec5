"""One epoch over a dataset: its batches in order, with the next ones decoded ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fastseq.compat.torch.batch import SampleBatch
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import LookAhead
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.pixel_cache import PathPixels
from fastseq.errors import warn_of_recovered


class SampleEpoch:
    """The batches of one epoch. The dataset is asked on the thread that takes them."""

    def __init__(
        self,
        get: Callable[[Any], Any],
        indices: Iterator[Sequence[Any]],
        decoder: Decoder | None,
        max_bytes: int,
        *,
        depth: int,
        seed: int,
        epoch: int,
        collate_fn: Callable[[list[Any]], Any] | None,
        tensors: bool,
        pixels: PathPixels | None = None,
    ) -> None:
        """Prepare; nothing is asked for before the first batch is.

        Args:
            get: returns the sample of an index.
            indices: of each batch in turn.
            decoder: of images; None to leave paths as they are.
            max_bytes: bound on the batches begun and not handed out; see `LookAhead`.
            depth: how many batches to begin ahead.
            seed: of random transforms.
            epoch: of random transforms.
            collate_fn: makes a batch of its samples; see `DataLoader`.
            tensors: whether arrays become tensors; see `DataLoader`.
            pixels: keeps pictures for the decoder.
        """
        self._waiting: deque[SampleBatch] = deque()
        self._look_ahead: LookAhead[SampleBatch, PendingBatch] = LookAhead(max_bytes)
        self._get = get
        self._indices = indices
        self._decoder = decoder
        self._depth = depth
        self._seed = seed
        self._epoch = epoch
        self._collate_fn = collate_fn
        self._tensors = tensors
        self._pixels = pixels
        self._images = self._recovered = 0  # so far
        self._full = 0
        self._on_exhausted: Callable[[], None] | None = None

    def on_exhausted(self, batch_size: int, call: Callable[[], None]) -> None:
        """Call it once, when the indices turn out to end: at a batch below `batch_size`, or at the end itself."""
        self._full, self._on_exhausted = batch_size, call

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        batch = self._waiting.popleft() if self._waiting else self._fetch()
        if self._on_exhausted is not None and (batch is None or len(batch) < self._full):
            self._on_exhausted()
            self._on_exhausted = None
        if batch is None:
            warn_of_recovered(self._recovered, self._images)
            self._recovered = 0
            raise StopIteration
        pending = self._look_ahead.take(batch, self._waiting) or self._begin(batch, urgent=True)
        try:
            self._look_ahead.begin(self._coming(), self._begin_ahead, self._bytes)
            result = batch.result(pending, self._collate_fn, self._tensors)
        except BaseException:
            if pending is not None:
                pending.cancel()
            raise
        if pending is not None:
            self._images += batch.images
            self._recovered += pending.recovered
        return result

    def close(self) -> None:
        """End the epoch early: cancel the batches begun ahead, and return no more."""
        self._indices, self._on_exhausted = iter(()), None
        self._waiting.clear()
        self._look_ahead.cancel_prefetch()

    def _fetch(self) -> SampleBatch | None:
        indices: Sequence[Any] | None = ()
        try:
            indices = next(self._indices, None)
            if indices is None:
                return None
            batch = SampleBatch(indices, [*map(self._get, indices)])
            if self._decoder is not None:
                batch.check(collated=self._collate_fn is None)
            return batch
        except Exception as error:  # for whoever asks for this batch
            return SampleBatch(indices or (), (), error)

    def _coming(self) -> Iterator[SampleBatch]:
        """The next batches; those that the dataset was not asked for yet are asked for one by one."""
        yield from list(self._waiting)
        while len(self._waiting) < self._depth:
            batch = self._fetch()
            if batch is None:
                return
            self._waiting.append(batch)
            yield batch

    def _begin(self, batch: SampleBatch, urgent: bool = False) -> PendingBatch | None:
        if self._decoder is None or batch.error is not None or not batch.images:
            return None
        draws = self._decoder.settings.pipeline.draw(self._seed, self._epoch, np.asarray(batch.numbers))
        sources = batch.sources()
        cells = None if self._pixels is None else self._pixels.cells(sources.sources)
        return self._decoder.begin(sources, draws, urgent=urgent, numbers=batch.numbers, cells=cells)

    def _begin_ahead(self, batch: SampleBatch) -> PendingBatch | None:
        try:
            return self._begin(batch)
        except (MemoryError, RuntimeError):  # it is begun once it is asked for
            raise
        except Exception as error:
            batch.error = error
            return None

    def _bytes(self, batch: SampleBatch) -> int:
        return 0 if self._decoder is None else self._decoder.batch_bytes(batch.images)
