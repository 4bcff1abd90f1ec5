"""Batches for a `tf.data.Dataset`, which asks for each of them twice: to begin it, and to have it."""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fastseq.engine.batch_memory import Lender
from fastseq.engine.decode_batch import begin_sources
from fastseq.engine.fallback import Data
from fastseq.engine.pending_batch import PendingBatch, cancel_all
from fastseq.engine.settings import Settings
from fastseq.engine.threads import look_after, shared_threads
from fastseq.loading.prefetcher import depth_ahead, prefetch_cap

_NOT_BEGUN = -1


class DatasetBatches:
    """Makes batches of files. Safe to use from several threads.

    What was begun and is never asked for, because an iterator was left, makes room for what comes later.

    Attributes:
        depth: how many batches to begin ahead.
    """

    def __init__(self, settings: Settings, batch_size: int) -> None:
        """Prepare; no thread is started before the first batch is begun."""
        self._settings = settings
        self._threads = shared_threads(None)
        self._lender = Lender(prefetch_cap(None))
        self._numbers = itertools.count()
        self.depth = depth_ahead(self._threads.count, batch_size)
        self.forget()
        look_after(self)

    def forget(self) -> None:
        """Begin with a lock of one's own, and with nothing begun."""
        self._lock = threading.Lock()
        self._begun: OrderedDict[int, PendingBatch] = OrderedDict()

    def discard(self) -> None:
        """Cancel what was begun."""
        begun, self._begun = self._begun, OrderedDict()
        cancel_all(begun.values())

    @property
    def begun(self) -> int:
        """How many batches were begun and not asked for yet."""
        return len(self._begun)

    @property
    def lent_bytes(self) -> int:
        """Of the batches that somebody holds, or that are under way."""
        return self._lender.lent_bytes

    def begin(self, paths: NDArray[np.object_]) -> np.int64:
        """Begin a batch of files, (b,) bytes; gives the ticket that `finish` takes."""
        batch = self._begin(_files(paths), needed=False)
        if batch is None:
            return np.int64(_NOT_BEGUN)
        with self._lock:
            ticket = next(self._numbers)
            self._begun[ticket] = batch
            left = [self._begun.popitem(last=False)[1] for _ in range(len(self._begun) - 2 * self.depth - 2)]
        cancel_all(left)
        return np.int64(ticket)

    def finish(self, ticket: np.int64, paths: NDArray[np.object_]) -> NDArray[Any]:
        """The pictures of a batch.

        Raises:
            DecodeError: for the first bad file.
        """
        files = _files(paths)
        with self._lock:
            batch = self._begun.pop(int(ticket), None)
            for other in self._begun.values():
                other.poll()
        if batch is None:
            batch = self._begin(files, needed=True)
        assert batch is not None
        batch.result()
        batch.raise_first(lambda i: (files[i], i))
        return batch.images

    def _begin(self, files: list[str], needed: bool) -> PendingBatch | None:
        images = self._lender.images(self._settings, len(files), needed)
        if images is None:
            return None
        draws = np.empty((len(files), 0))
        return begin_sources(
            files, self._settings, images, draws, self._threads, urgent=needed, decode=_decode_by_tensorflow
        )


def _files(paths: NDArray[np.object_]) -> list[str]:
    return [os.fsdecode(path) for path in paths]


def _decode_by_tensorflow(data: Data, settings: Settings) -> tuple[NDArray[np.uint8], bool]:
    """The pixels of formats other than JPEG as Keras decodes them; a `fastseq.engine.fallback.Decode`."""
    image = tf.io.decode_image(bytes(data), channels=settings.channels, expand_animations=False)
    return np.ascontiguousarray(image.numpy()), False
