"""Batches of an `ImageDataGenerator`'s pictures, some of them begun before they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.compat.image_data_generator.forecast import Request, State, same_state, state_of
from fastseq.compat.image_data_generator.image_work import PictureWork
from fastseq.compat.image_data_generator.pillow import decode_by_pillow
from fastseq.compat.image_data_generator.sources import ArrayPictures, FilePictures
from fastseq.engine.batch_memory import Lender
from fastseq.engine.pending_batch import PendingBatch, cancel_all
from fastseq.engine.threads import look_after, shared_threads
from fastseq.loading.prefetcher import depth_ahead, prefetch_cap

_MOST_MISSES = 3  # in a row, from which on nothing is begun ahead: somebody else draws from NumPy's generator


class Begun(NamedTuple):
    """A batch under way."""

    request: Request
    batch: PendingBatch
    after: State  # of NumPy's generator


class PictureBatches:
    """Makes the batches of one iterator. Not safe to use from two threads at once.

    Attributes:
        depth: how many batches are begun ahead.
    """

    def __init__(self, work: PictureWork, pictures: FilePictures | ArrayPictures, batch_size: int) -> None:
        """Prepare; no thread is started before the first batch is asked for."""
        self._work = work
        self._pictures = pictures
        self._threads = shared_threads(None)
        self._lender = Lender(prefetch_cap(None))
        self._random = np.random.RandomState()
        self._ahead: list[Begun] = []
        self._misses = 0
        self.depth = depth_ahead(self._threads.count, batch_size)
        look_after(self)

    def make(self, request: Request, coming: Callable[[np.random.RandomState], Iterable[Request]]) -> NDArray[Any]:
        """The pictures of a batch; then those that will be asked for next are begun.

        Draws from NumPy's generator what Keras would draw.

        Args:
            request: the batch; its state is that of NumPy's generator now.
            coming: see `fastseq.compat.forecast.requests`.

        Returns:
            float32 (b, height, width, channels), or channels first.

        Raises:
            DecodeError: for the first bad picture.
        """
        if isinstance(self._pictures, ArrayPictures) and self._work.draws is None:
            return self._pictures.each(request.indices, self._work.step)
        begun = self._take(request) or self._begin(request, needed=True)
        assert begun is not None
        if self._work.draws is not None:
            np.random.set_state(begun.after)
        self._begin_ahead(begun, coming)
        begun.batch.result()
        numbers = request.indices
        begun.batch.raise_first(lambda i: (self._pictures.path(int(numbers[i])), int(numbers[i])))
        images = begun.batch.images
        if self._work.step is not None:
            for i in range(len(images)):
                images[i] = self._work.step(images[i])
        return images

    def discard(self) -> None:
        """Cancel what was begun ahead."""
        ahead, self._ahead = self._ahead, []
        cancel_all(begun.batch for begun in ahead)

    def forget(self) -> None:
        """Drop what a parent process has begun."""
        self._ahead = []

    def _take(self, request: Request) -> Begun | None:
        for place, begun in enumerate(self._ahead):
            if self._is(begun, request):
                stale, self._ahead = self._ahead[:place], self._ahead[place + 1 :]
                cancel_all(passed_over.batch for passed_over in stale)
                self._misses = 0
                return begun
        self._misses += bool(self._ahead)
        self.discard()
        return None

    def _is(self, begun: Begun, request: Request) -> bool:
        same = np.array_equal(begun.request.indices, request.indices)
        return same and (self._work.draws is None or same_state(begun.request.state, request.state))

    def _begin_ahead(self, begun: Begun, coming: Callable[[np.random.RandomState], Iterable[Request]]) -> None:
        if self._misses >= _MOST_MISSES:
            return
        self._random.set_state(begun.after)
        known, self._ahead = self._ahead, []
        for request in coming(self._random):
            place = next((place for place, b in enumerate(known) if self._is(b, request)), None)
            # Each serves one request, though two may ask for the same samples: `step` changes its pictures in place.
            found = self._begin(request, needed=False) if place is None else known.pop(place)
            if found is None:
                break
            self._ahead.append(found)
            self._random.set_state(found.after)
            found.batch.poll()
        cancel_all(stale.batch for stale in known)

    def _begin(self, request: Request, needed: bool) -> Begun | None:
        settings, count = self._work.settings, len(request.indices)
        images = self._lender.images(settings, count, needed)
        if images is None:
            return None
        rows, after = np.empty((count, 0)), request.state
        if self._work.draws is not None:
            self._random.set_state(request.state)
            rows, after = self._work.draws(self._random, count), state_of(self._random)
        sources, are_paths = self._pictures.sources(request.indices)
        buffer = images.reshape(-1).view(np.uint8)
        job = Job(self._threads.pool, settings.recipe, buffer, rows, sources, are_paths, urgent=needed)
        numbers = request.indices
        batch = PendingBatch(
            job,
            images,
            settings,
            lambda i: self._pictures.read(int(numbers[i])),
            self._threads,
            decode_by_pillow,
        )
        return Begun(request, batch, after)
