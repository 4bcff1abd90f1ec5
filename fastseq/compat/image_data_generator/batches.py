"""The batches of an `ImageDataGenerator`'s iterator, decoded ahead with the numbers that it is expected to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq.compat.image_data_generator.forecast import Request, State, state_of
from fastseq.compat.image_data_generator.image_recipe import ImageRecipe
from fastseq.compat.image_data_generator.pillow import decode_by_pillow
from fastseq.compat.image_data_generator.sources import ArrayImages, FileImages, Files, Inputs
from fastseq.compat.pixel_cache import path_pixels
from fastseq.compat.prefetch import drop_in_cap
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import LookAhead, depth_ahead
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.threads import shared_threads

_MAX_MISSES = 3  # in a row; then nothing is begun ahead, as somebody else draws from NumPy's generator

Key = tuple[Any, ...]


class _Plan(NamedTuple):
    """A batch, with what is drawn for it."""

    indices: NDArray[np.int64]
    files: Files
    draws: NDArray[np.float64]
    after: State  # of NumPy's generator


class ImageBatches:
    """Decodes the batches of one iterator. Not safe to use from two threads at once.

    Attributes:
        depth: how many batches to ask for ahead.
    """

    def __init__(self, recipe: ImageRecipe, batch_size: int) -> None:
        """Prepare; no thread is started before the first batch is asked for."""
        cap = drop_in_cap()
        self._recipe = recipe
        self._pixels = None if recipe.arrays else path_pixels(recipe.settings)
        self._decoder = Decoder(
            recipe.settings, shared_threads(None), BatchAllocator(cap), decode_by_pillow, self._pixels
        )
        # The images of an array are copied for each batch begun ahead; half of the cap is for the copies.
        self._look_ahead: LookAhead[Key, PendingBatch] = LookAhead(cap // 2 if recipe.arrays else cap)
        self._snapshots: dict[Key, Inputs] = {}  # what the batches that are begun are made of
        self._plans: dict[Key, _Plan] = {}  # of the batches that are expected next
        self._misses = 0
        self.depth = depth_ahead(self._decoder.threads.count, batch_size)

    def make(
        self,
        images: FileImages | ArrayImages,
        request: Request,
        coming: Callable[[np.random.RandomState], Iterable[Request]],
    ) -> NDArray[Any] | None:
        """Decode a batch, and begin those that will be asked for next.

        Draws from NumPy's generator what Keras would draw.

        Args:
            images: the iterator's, at this moment.
            request: the batch; its state is that of NumPy's generator now.
            coming: see `fastseq.compat.image_data_generator.forecast.requests`.

        Returns:
            float32 (b, height, width, channels), or channels first; None if Keras's own code has to load them.

        Raises:
            DecodeError: for the first bad image.
        """
        if isinstance(images, ArrayImages) and self._recipe.draws is None:
            return images.each(request.indices, self._recipe.step)
        files = images.files(request.indices)
        if files is None:
            return None
        random = np.random.RandomState(0)
        key = self._key(request, files)
        plan = self._plans.get(key) or self._plan(request, files, random)
        expected_any = bool(len(self._look_ahead))
        wanted: dict[Key, _Plan] = {}
        is_expected = key in self._look_ahead
        self._misses = 0 if is_expected else self._misses + expected_any
        if self._misses < _MAX_MISSES:
            wanted = self._expected(images, plan, coming, random)
        batch = self._take(key, wanted) or self._begin(images, key, plan, urgent=True)
        self._snapshots.pop(key, None)
        self._plans = wanted
        try:
            if self._recipe.draws is not None:
                np.random.set_state(plan.after)
            self._look_ahead.begin(
                wanted,
                lambda k: self._begin(images, k, wanted[k], urgent=False),
                lambda k: self._decoder.batch_bytes(len(wanted[k].indices)),
            )
            batch.result()
        except BaseException:
            batch.cancel()
            raise
        batch.raise_first()
        made = batch.images
        if self._recipe.step is not None:
            for i in range(len(made)):
                made[i] = self._recipe.step(made[i])
        return made

    def cancel_prefetch(self) -> None:
        """Cancel what is begun ahead."""
        self._look_ahead.cancel_prefetch()

    def _take(self, key: Key, wanted: dict[Key, _Plan]) -> PendingBatch | None:
        """The batch, if it was begun from what it would be begun from now; all others but those of `wanted` end."""
        batch, inputs = self._look_ahead.take(key, wanted), self._snapshots.get(key)
        if batch is not None and (inputs is None or not inputs.is_current()):
            batch.cancel()
            batch = None
        self._snapshots = {k: inputs for k, inputs in self._snapshots.copy().items() if k in self._look_ahead}
        return batch

    def _key(self, request: Request, files: Files) -> Key:
        if self._recipe.draws is None:
            return (request.indices.tobytes(), *files)
        name, words, *rest = request.state
        return request.indices.tobytes(), name, words.tobytes(), *rest, *files

    def _plan(self, request: Request, files: Files, random: np.random.RandomState) -> _Plan:
        if self._recipe.draws is None:
            return _Plan(request.indices, files, np.empty((len(request.indices), 0)), request.state)
        random.set_state(request.state)
        draws = self._recipe.draws(random, len(request.indices))
        return _Plan(request.indices, files, draws, state_of(random))

    def _expected(
        self,
        images: FileImages | ArrayImages,
        plan: _Plan,
        coming: Callable[[np.random.RandomState], Iterable[Request]],
        random: np.random.RandomState,
    ) -> dict[Key, _Plan]:
        """The batches that will be asked for after this one, in their order."""
        expected: dict[Key, _Plan] = {}
        random.set_state(plan.after)
        for request in coming(random):
            files = images.files(request.indices)
            if files is None:
                break
            key = self._key(request, files)
            plan = self._plans.get(key) or self._plan(request, files, random)
            expected[key] = plan
            random.set_state(plan.after)
        return expected

    def _begin(self, images: FileImages | ArrayImages, key: Key, plan: _Plan, urgent: bool) -> PendingBatch:
        inputs = images.inputs(plan.indices, plan.files)
        cells = None if self._pixels is None else self._pixels.cells(plan.files)
        batch = self._decoder.begin(inputs.sources(), plan.draws, urgent=urgent, numbers=plan.indices, cells=cells)
        self._snapshots[key] = inputs
        return batch
