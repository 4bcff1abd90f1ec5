"""Decoder: begins batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.engine.any_format import decode_any
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.crop_misfit import CropMisfit
from fastseq.engine.lost_range import LostRange
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.pixel_cache import PixelCache
from fastseq.engine.pixels import Decode
from fastseq.engine.settings import Settings
from fastseq.engine.sources import Sources
from fastseq.engine.threads import Threads
from fastseq.errors import warn_of_recovered


class Decoder:
    """Begins batches with the same settings, threads and memory. Nothing else makes native jobs."""

    def __init__(
        self,
        settings: Settings,
        threads: Threads,
        memory: BatchAllocator,
        fallback: Decode = decode_any,
        pixels: PixelCache | None = None,
    ) -> None:
        """Prepare; no thread is started yet.

        Args:
            settings: what becomes of an image.
            threads: that decode.
            memory: where batches are allocated.
            fallback: decodes formats other than JPEG.
            pixels: keeps pictures for these settings.
        """
        self.settings = settings
        self.threads = threads
        self.memory = memory
        self._fallback = fallback
        self._pixels = pixels
        self._lost = LostRange()
        self._misfit = CropMisfit()

    def batch_bytes(self, samples: int) -> int:
        """The size of a batch of `samples` images."""
        return self.settings.recipe.slot_bytes * samples

    def begin(
        self,
        sources: Sources,
        draws: NDArray[np.float64],
        *,
        urgent: bool,
        numbers: Sequence[Any] | NDArray[np.int64] | None = None,
        out: NDArray[Any] | None = None,
        info: bool = False,
        cells: NDArray[np.int64] | None = None,
    ) -> PendingBatch:
        """Begin to decode a batch.

        Args:
            sources: of its images.
            draws: the random numbers of the transforms, float64 (n, `settings.pipeline.draw_count`).
            urgent: whether a caller waits for it: it is then decoded before all others.
            numbers: the samples' numbers, for messages; their places in the batch if None.
            out: C-contiguous, of the shape and dtype that `settings` give the batch; allocated if None. Threads
                write to it until the batch is complete or cancelled.
            info: whether to record `PendingBatch.info`.
            cells: int64 (n,), where the pixel cache keeps each image's picture, -1 for nowhere; nowhere if None.

        Raises:
            MemoryError: if the batch cannot be allocated.
            RuntimeError: if no thread can be started.
        """
        images = self.memory.allocate(self.settings, len(sources)) if out is None else out
        buffer = images.reshape(-1).view(np.uint8)
        recipe = self.settings.recipe
        pictures = None
        if self._pixels is not None:
            self._pixels.warn()
            pictures = self._pixels.for_job(len(images), cells)
        items = sources.for_job()
        job = Job(self.threads.pool, recipe, buffer, draws, items, urgent=urgent, info=info, pictures=pictures)
        if numbers is None:
            numbers = range(len(images))
        return PendingBatch(
            job, images, numbers, sources, self.settings, self.threads, self._fallback, self._lost, self._misfit
        )

    def decode(self, sources: Sources, draws: NDArray[np.float64], *, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Decode a batch at once; see `begin`. Warns of images that were decoded from damaged data.

        Raises:
            DecodeError: for the first source that is bad; all others are decoded by then.
        """
        batch = self.begin(sources, draws, urgent=True, out=out)
        batch.result()
        batch.raise_first()
        warn_of_recovered(batch.recovered, len(batch.images))
        return batch.images
