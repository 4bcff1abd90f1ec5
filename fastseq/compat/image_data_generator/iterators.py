"""The iterators of `ImageDataGenerator`, with batches decoded and augmented ahead by the native core."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq.compat.image_data_generator.batches import ImageBatches
from fastseq.compat.image_data_generator.forecast import Request, requests, state_of
from fastseq.compat.image_data_generator.image_recipe import image_recipe, recipe_inputs
from fastseq.compat.image_data_generator.sources import ArrayImages, FileImages
from fastseq.engine.threads import register_fork_reset
from fastseq.errors import DecodeError
from fastseq.keras.dataset import PassAwareDataset
from fastseq.keras.internals import image_iterator
from fastseq.keras.internals.image_iterator import Step, coming_steps, is_keras_batch, restart_iteration
from fastseq.keras.passes import KerasPasses
from fastseq.status import Status

Batch: TypeAlias = Any

# Files that Pillow, and so Keras, may still be able to load.
_FOR_KERAS = (
    *(Status.CORRUPT, Status.TRUNCATED, Status.NOT_AN_IMAGE),
    *(Status.UNSUPPORTED_FORMAT, Status.UNSUPPORTED_JPEG),
)


class NativeIterator(PassAwareDataset):
    """What the three iterators share; mixed into Keras's own, whose methods and attributes stay as they are.

    A batch is begun ahead with the numbers that NumPy's global generator is expected to draw. If it draws others,
    because other code has used it in between, the batch is decoded again: it is always the batch that Keras would make.
    """

    index_generator: Any
    _turn: threading.RLock  # one batch at a time: all draw from the same generator
    _steps: list[Step] | None  # the batches that Keras is expected to request next; None while `next` is used
    _batches: ImageBatches | None
    _decided: tuple[Any, Any, str] | None  # what `_batches` was made for: generator, array, and all that Keras reads

    @classmethod
    def from_keras(cls, iterator: Any) -> Any:
        """The iterator with the state of one of Keras's, which must be new and is not used any more."""
        self = cls.__new__(cls)
        self.__dict__.update(vars(iterator))
        restart_iteration(self)
        self.passes = KerasPasses(len(self))
        self._steps = []
        self._batches = None
        self._decided = None
        self.reset_after_fork()
        register_fork_reset(self)
        return self

    def reset_after_fork(self) -> None:
        """Use a lock that no thread of another process holds."""
        self._turn = threading.RLock()

    def __getitem__(self, idx: int) -> Batch:
        """Batch `idx` of the current order; each call draws new transforms.

        Raises:
            ValueError: if there is no such batch.
            DecodeError: for the first bad file in it.
        """
        with self._turn:
            ahead = self._request(idx, self._depth).ahead
            self._steps = [Step(k * self.batch_size) for _, k in ahead]
            return super().__getitem__(idx)

    def __next__(self) -> Batch:
        """The next batch of an endless iteration, with a new order for each epoch."""
        with self._turn:
            self._steps = None
            return super().__next__()

    def on_epoch_end(self) -> None:
        """Draw a new order."""
        with self._turn:
            super().on_epoch_end()
            self._end_epoch()

    @property
    def _depth(self) -> int:
        batches = self._native_batches()
        return 0 if batches is None else batches.depth

    def _get_batches_of_transformed_samples(self, index_array: NDArray[np.int64]) -> Batch:
        batches = self._native_batches()
        if batches is None:
            return super()._get_batches_of_transformed_samples(index_array)
        steps = coming_steps(self, batches.depth) if self._steps is None else self._steps
        request = Request(np.asarray(index_array), state_of(np.random))
        try:
            images = batches.make(self._images(), request, partial(requests, self, steps))
        except DecodeError as error:
            if error.status not in _FOR_KERAS:
                raise
            np.random.set_state(request.state)
            try:
                return super()._get_batches_of_transformed_samples(index_array)
            except Exception as of_keras:
                raise error from of_keras
        if images is None:
            return super()._get_batches_of_transformed_samples(index_array)
        return self._with_targets(images.astype(self.dtype, copy=False), index_array)

    def _native_batches(self) -> ImageBatches | None:
        """What makes the batches with the settings of this moment; None if Keras's own code does."""
        generator, array = self.image_data_generator, vars(self).get("x")
        is_keras = is_keras_batch(super()._get_batches_of_transformed_samples)
        if not is_keras or not isinstance(generator, image_iterator.ImageDataGenerator):
            return None
        text = repr((recipe_inputs(generator), self.data_format, bool(self.save_to_dir), self._settings()))
        was = self._decided
        if was is None or was[0] is not generator or was[1] is not array or was[2] != text:
            if self._batches is not None:
                self._batches.cancel_prefetch()
            recipe = None if self.save_to_dir else self._recipe()
            self._batches = None if recipe is None else ImageBatches(recipe, self.batch_size)
            self._decided = generator, array, text
        return self._batches

    def _settings(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _recipe(self) -> Any:
        raise NotImplementedError

    def _images(self) -> Any:
        raise NotImplementedError

    def _with_targets(self, images: NDArray[Any], index_array: NDArray[np.int64]) -> Batch:
        raise NotImplementedError


class _FileIterator(NativeIterator):
    def _settings(self) -> tuple[Any, ...]:
        return self.target_size, self.image_shape, self.color_mode, self.interpolation, self.keep_aspect_ratio

    def _recipe(self) -> Any:
        channels = {"rgb": 3, "grayscale": 1}.get(self.color_mode, 0)
        if self.image_data_generator.data_format != self.data_format or not _is_size(self.target_size):
            return None
        height, width = self.target_size
        shape = (height, width, channels) if self.data_format == "channels_last" else (channels, height, width)
        if tuple(self.image_shape) != shape:  # Keras fills a batch of this shape, or says why it cannot
            return None
        return image_recipe(
            self.image_data_generator,
            (height, width),
            channels,
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )

    def _images(self) -> FileImages:
        return FileImages(self.filepaths)

    def _with_targets(self, images: NDArray[Any], index_array: NDArray[np.int64]) -> Batch:
        targets: Any
        if self.class_mode == "input":
            targets = images.copy()
        elif self.class_mode in ("binary", "sparse"):
            targets = np.array([self.classes[i] for i in index_array], self.dtype)
        elif self.class_mode == "categorical":
            targets = np.zeros((len(images), len(self.class_indices)), self.dtype)
            for row, i in enumerate(index_array):
                targets[row, self.classes[i]] = 1
        elif self.class_mode == "multi_output":
            targets = [output[index_array] for output in self.labels]
        elif self.class_mode == "raw":
            targets = self.labels[index_array]
        else:
            return images
        weights = self.sample_weight
        return (images, targets) if weights is None else (images, targets, weights[index_array])


def _is_size(size: Any) -> bool:
    return isinstance(size, (tuple, list)) and len(size) == 2 and all(map(arguments.is_integer, size))


class DirectoryIterator(_FileIterator, image_iterator.DirectoryIterator):  # type: ignore[misc]
    """What `ImageDataGenerator.flow_from_directory` returns."""


class DataFrameIterator(_FileIterator, image_iterator.DataFrameIterator):  # type: ignore[misc]
    """What `ImageDataGenerator.flow_from_dataframe` returns."""


class NumpyArrayIterator(NativeIterator, image_iterator.NumpyArrayIterator):  # type: ignore[misc]
    """What `ImageDataGenerator.flow` returns."""

    def _settings(self) -> tuple[Any, ...]:
        return self.x.dtype, self.x.shape, self.dtype

    def _recipe(self) -> Any:
        if not self.x.dtype == self.dtype == np.float32 or self.x.ndim != 4:
            return None
        if self.data_format != self.image_data_generator.data_format:
            return None
        channel, rows, columns = (3, 1, 2) if self.data_format == "channels_last" else (1, 2, 3)
        shape = self.x.shape
        return image_recipe(self.image_data_generator, (shape[rows], shape[columns]), shape[channel], arrays=True)

    def _images(self) -> ArrayImages:
        return ArrayImages(self.x)

    def _with_targets(self, images: NDArray[Any], index_array: NDArray[np.int64]) -> Batch:
        inputs = [images, *(more[index_array] for more in self.x_misc)] if self.x_misc else images
        if self.y is None:
            return inputs
        if self.sample_weight is None:
            return inputs, self.y[index_array]
        return inputs, self.y[index_array], self.sample_weight[index_array]
