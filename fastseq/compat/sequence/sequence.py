"""Sequence: the base class for a dataset of your own, like keras.utils.Sequence, with batches decoded by fastseq."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._types import Unpack
from fastseq.compat.prefetch import drop_in_cap
from fastseq.compat.sequence.ahead import Ahead
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.engine.sources import ListSources, Source, as_sources
from fastseq.engine.threads import lasting_threads
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.keras_2 import NoShape
from fastseq.keras.internals.py_dataset import called_by_keras, is_predict, keras_request, read_by_keras, training_on
from fastseq.keras.passes import KerasPasses
from fastseq.order.rng import key_word


@dataclass(frozen=True)
class _State:
    """Everything of fastseq's in a dataset, under one name: all other names are the subclass's."""

    ahead: Ahead
    passes: KerasPasses
    memory: BatchAllocator


class Sequence(keras.utils.PyDataset):  # type: ignore[misc]
    """`keras.utils.Sequence`, for datasets of your own: change the import, and decode with `images`.

    A subclass defines `__getitem__`, and `__len__` or `num_batches`; `on_epoch_begin` and `on_epoch_end` are optional.
    fastseq runs `__getitem__` ahead, in threads of its own, for the batches that Keras will request next. Before
    `on_epoch_begin` and `on_epoch_end` run, batches made ahead are discarded, and no `__getitem__` runs at the same
    time: what they change holds for every batch from then on. An exception in `__getitem__` is raised where its batch
    is requested.

    Args:
        workers: threads that run `__getitem__`. With 0 it runs in the thread that requests the batch, and nothing runs
            ahead.
        use_multiprocessing: accepted and ignored: threads are used.
        max_queue_size: the maximum number of batches made ahead.

    Attributes:
        prefetch_bytes: cap on batches made or being made ahead, for a subclass or an instance to set; what
            `fastseq.compat.set_prefetch_bytes` says if None. One is always made ahead; 0 turns that off.
    """

    __slots__ = ("_fastseq",)  # no part of a pickled or copied dataset
    prefetch_bytes: int | None = None
    shape = NoShape()

    def __new__(cls, *args: Any, **kwargs: Any) -> Sequence:  # noqa: D102 - subclasses need not call __init__
        self: Sequence = super().__new__(cls)
        self._fastseq = _State(Ahead(), KerasPasses(0), BatchAllocator(drop_in_cap()))
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Wrap the methods that the subclass defines, or inherits from a class other than `Sequence`."""
        super().__init_subclass__(**kwargs)
        for name, wrap in _WRAPPERS.items():
            owner = next(c for c in cls.__mro__ if name in c.__dict__)
            if owner is cls or not issubclass(owner, Sequence):
                setattr(cls, name, wrap(owner.__dict__[name]))

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the batches of an epoch, as Keras does from 3.11 on; before, its loops have no end."""
        try:
            batches = self.num_batches
        except NotImplementedError:  # without a length, as Keras has it
            batches = None
        return (self[k] for k in (count() if batches is None else range(batches)))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            AttributeError: for `images`, which would hide the method.
        """
        if name == "images":
            raise AttributeError(
                "images is the method of fastseq.compat.Sequence that decodes a batch, and an attribute of this name "
                "would hide it: rename yours, for example to self.image_paths"
            )
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """The attributes of the subclass."""
        return self.__dict__.copy()

    @property
    def workers(self) -> int:
        """The value that was set; Keras reads 1 or 0, as its threads would carry batches over into the next epoch."""
        workers: int = super().workers
        if not read_by_keras(self, "workers"):
            return workers
        self._fastseq.ahead.cancel_prefetch()
        training = training_on(self)
        self._fastseq.passes.on_adapter_created(predict=is_predict(training))
        return min(workers, 1)

    @workers.setter
    def workers(self, value: int) -> None:
        keras.utils.PyDataset.workers.fset(self, value)

    @property
    def use_multiprocessing(self) -> bool:
        """The value that was set; Keras reads False."""
        return bool(super().use_multiprocessing) and not read_by_keras(self, "use_multiprocessing")

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        keras.utils.PyDataset.use_multiprocessing.fset(self, value)

    @takes_pixel_settings
    def images(
        self,
        paths: Iterable[Source],
        size: tuple[int, int],
        *,
        seed: int | None = None,
        threads: int | None = None,
        **pixels: Unpack[PixelSettings],
    ) -> NDArray[Any]:
        """Decode the images of a batch, as `fastseq.decode_batch`; TensorFlow and JAX take them over without a copy.

        Args:
            paths: paths (str or PathLike) and contents of image files (bytes or any contiguous buffer).
            size: (height, width) of the output, in pixels.
            seed: of random transforms; drawn from NumPy's global generator if None.
            threads: how many threads decode; as many as there are cores if None.
            **pixels: see `PixelSettings`.

        Returns:
            (n, height, width, channels), or (n, channels, height, width) for "channels_first". It keeps its contents
            for as long as you hold it.

        Raises:
            DecodeError: for the first bad image; the message names the file.
            TypeError: if an argument has the wrong type.
            ValueError: if a setting is impossible.
        """
        settings = settings_of(Sequence.images, size, pixels)
        sources = as_sources("paths", paths)
        if seed is None:
            seed = int(np.random.randint(2**63 - 1)) if settings.pipeline.draw_count else 0
        draws = settings.pipeline.draw(key_word("seed", seed), 0, np.arange(len(sources)))
        decoder = Decoder(settings, lasting_threads(threads), self._fastseq.memory)
        return decoder.decode(ListSources(sources), draws)


def _get_batch(self: Sequence, method: Callable[..., Any], index: Any) -> Any:
    """Run a `__getitem__`: on a thread if Keras requests the batch, here if the user's own code does."""
    own = self._fastseq
    if own.ahead.lock.inside:
        return method(self, index)
    if own.passes.batches and not own.ahead.lock.busy and called_by_keras(self) and (workers := self.workers) > 0:
        request = keras_request()
        served = own.passes.request_by_keras(index, self.max_queue_size, request and request.order)
        cap = drop_in_cap(self.prefetch_bytes)
        return own.ahead.batch(index, [k for _, k in served.ahead], partial(method, self), workers, cap)
    with own.ahead.lock.read():
        return method(self, index)


def _run_alone(self: Sequence, method: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Run an `on_epoch_begin` or `on_epoch_end` while no `__getitem__` runs."""
    if self._fastseq.ahead.lock.inside:
        return method(self, *args)
    with self._fastseq.ahead.stopped():
        return method(self, *args)


def _wrap_getitem(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def __getitem__(self: Sequence, index: Any) -> Any:  # noqa: N807
        return _get_batch(self, method, index)

    return __getitem__


def _wrap_on_epoch_begin(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def on_epoch_begin(self: Sequence, *args: Any) -> Any:
        return _run_alone(self, method, args)

    return on_epoch_begin


def _wrap_on_epoch_end(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def on_epoch_end(self: Sequence, *args: Any) -> Any:
        result = _run_alone(self, method, args)
        if not self._fastseq.ahead.lock.inside and called_by_keras(self):
            self._fastseq.passes.on_epoch_end(by_keras=True)
        return result

    return on_epoch_end


def _wrap_num_batches(batches: Any) -> Any:
    if not isinstance(batches, property):
        return batches

    def num_batches(self: Sequence) -> int | None:
        count: int | None = batches.__get__(self)
        if read_by_keras(self, "num_batches"):
            self._fastseq.passes.batches = count or 0
            self._fastseq.passes.on_iterator_created()
        return count

    return property(num_batches, batches.fset, batches.fdel, batches.__doc__)


_WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "__getitem__": _wrap_getitem,
    "num_batches": _wrap_num_batches,
    "on_epoch_begin": _wrap_on_epoch_begin,
    "on_epoch_end": _wrap_on_epoch_end,
}
