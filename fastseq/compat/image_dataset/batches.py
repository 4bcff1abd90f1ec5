"""Batches for a `tf.data.Dataset`, which requests each batch twice: first to begin it, then to get it."""

from __future__ import annotations

import itertools
import os
import secrets
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fastseq.compat.pixel_cache import path_pixels
from fastseq.compat.prefetch import drop_in_cap
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import LookAhead, depth_ahead
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.pixels import Pixels
from fastseq.engine.settings import Settings
from fastseq.engine.sources import ListSources
from fastseq.engine.threads import shared_threads


class DatasetBatches:
    """Decodes batches of files. Safe to use from several threads, signal handlers and finalizers.

    Attributes:
        decoder: begins the batches.
        look_ahead: those that are begun, by ticket.
        depth: how many batches to begin ahead.
    """

    def __init__(self, settings: Settings, batch_size: int) -> None:
        """Prepare for batches of `batch_size` files; no thread is started before the first one is begun."""
        cap = drop_in_cap()
        self._pixels = path_pixels(settings)
        self.decoder = Decoder(settings, shared_threads(None), BatchAllocator(cap), _decode_by_tensorflow, self._pixels)
        self.look_ahead: LookAhead[int, PendingBatch] = LookAhead(cap)
        self.depth = depth_ahead(self.decoder.threads.count, batch_size)
        # Tickets that a checkpoint of an iterator brings back from another process are none of these.
        self._tickets = itertools.count(secrets.randbits(62))
        self._coming: dict[int, ListSources] = {}  # announced and not asked for yet

    def begin(self, paths: NDArray[np.object_]) -> np.int64:
        """Announce a batch of files, (b,) bytes, and begin it where the cap allows.

        Returns:
            The ticket that `finish` takes.
        """
        ticket = next(self._tickets)
        self._coming[ticket] = ListSources(_files(paths))
        for old in self._coming.copy():  # those of an iterator that was left are never asked for
            if old < ticket - 2 * self.depth - 2:
                self._coming.pop(old, None)
        self._begin_ahead()
        return np.int64(ticket)

    def finish(self, ticket: np.int64, paths: NDArray[np.object_]) -> tuple[NDArray[Any], NDArray[np.object_]]:
        """The images of a batch that was announced; then the next ones are begun where the cap allows.

        Returns:
            The images, and for each of them, (b,) bytes, what is wrong with its file; b"" for a good one.
        """
        sources = self._coming.pop(int(ticket), None) or ListSources(_files(paths))
        batch = self.look_ahead.take(int(ticket), self._coming) or self._begin(sources, urgent=True)
        try:
            self._begin_ahead()
            batch.result()
        except BaseException:
            batch.cancel()
            raise
        errors = np.full(len(paths), b"", np.object_)
        for place, sample in batch.reports().items():
            if not sample.is_good:
                errors[place] = _text(sample.to_error())
        return batch.images, errors

    def finish_each(self, ticket: np.int64, paths: NDArray[np.object_]) -> tuple[NDArray[Any], NDArray[np.object_]]:
        """The same, for images that go on one by one: what ends the whole batch is an error of each of them."""
        try:
            return self.finish(ticket, paths)
        except Exception as error:
            settings = self.decoder.settings
            images = np.zeros(settings.batch_shape(len(paths)), settings.numpy_dtype)
            return images, np.full(len(paths), _text(error), np.object_)

    def _begin_ahead(self) -> None:
        coming = dict(sorted(self._coming.copy().items()))
        self.look_ahead.begin(
            coming,
            lambda ticket: self._begin(coming[ticket], urgent=False),
            lambda ticket: self.decoder.batch_bytes(len(coming[ticket])),
        )

    def _begin(self, sources: ListSources, urgent: bool) -> PendingBatch:
        cells = None if self._pixels is None else self._pixels.cells(sources.sources)
        return self.decoder.begin(sources, np.empty((len(sources), 0)), urgent=urgent, cells=cells)


def _files(paths: NDArray[np.object_]) -> list[str]:
    return [os.fsdecode(path) for path in paths]


def _text(error: Exception) -> bytes:
    return (str(error) or type(error).__name__).encode(errors="backslashreplace")


def _decode_by_tensorflow(data: memoryview, settings: Settings) -> Pixels:
    """The pixels of formats other than JPEG as Keras decodes them; a `fastseq.engine.pixels.Decode`."""
    image = tf.io.decode_image(bytes(data), channels=settings.channels, expand_animations=False)
    return Pixels(np.ascontiguousarray(image.numpy()))
