"""Sequence: the base class for a dataset of one's own, as keras.utils.Sequence, with batches decoded by fastseq."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq.compat.sequence.ahead import Ahead
from fastseq.engine.batch_memory import Lender
from fastseq.engine.decode_batch import Source, decode_sources
from fastseq.engine.settings import Settings
from fastseq.engine.threads import lasting_threads
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.py_dataset import called_by_keras, read_by_keras
from fastseq.keras.passes import KerasPasses
from fastseq.limits import Limits
from fastseq.loading.prefetcher import DEFAULT_PREFETCH_BYTES
from fastseq.transforms import Transform


@dataclass(frozen=True)
class _Own:
    """What a dataset has of fastseq's, under one name: the other names are the subclass's."""

    ahead: Ahead
    passes: KerasPasses
    lender: Lender


class Sequence(keras.utils.PyDataset):  # type: ignore[misc]
    """`keras.utils.Sequence`, for datasets of one's own: change the import, and decode with `images`.

    A subclass has `__getitem__`, and `__len__` or `num_batches`; also `on_epoch_begin` and `on_epoch_end`, if it likes.
    For the batches that Keras will ask for next, its `__getitem__` is run ahead in threads of fastseq's own. Before
    `on_epoch_begin` and `on_epoch_end` run, what was made ahead is dropped, and they run alone: what they change holds
    for every batch from then on. What `__getitem__` raises reaches whoever asks for that batch.

    Args:
        workers: how many threads run `__getitem__`; with 0 it runs in the thread that asks, and nothing ahead.
        use_multiprocessing: accepted; threads serve it as well.
        max_queue_size: how many batches are made ahead at most.
    """

    __slots__ = ("_fastseq",)  # no part of a pickled or copied dataset

    def __new__(cls, *args: Any, **kwargs: Any) -> Sequence:  # noqa: D102 - subclasses need not call __init__
        self: Sequence = super().__new__(cls)
        self._fastseq = _Own(Ahead(), KerasPasses(0), Lender(DEFAULT_PREFETCH_BYTES))
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Wrap what the subclass defines, or inherits from a class that is no `Sequence`."""
        super().__init_subclass__(**kwargs)
        for name, through in _THROUGH.items():
            owner = next(c for c in cls.__mro__ if name in c.__dict__)
            if owner is cls or not issubclass(owner, Sequence):
                setattr(cls, name, through(owner.__dict__[name]))

    def __getstate__(self) -> dict[str, Any]:
        """The attributes of the subclass."""
        return self.__dict__.copy()

    @property
    def workers(self) -> int:
        """What was set; Keras reads 1 or 0, for its own threads would hand batches of one epoch to the next."""
        workers: int = super().workers
        if not read_by_keras(self, "workers"):
            return workers
        self._fastseq.ahead.drop()
        self._fastseq.passes.on_adapter_created()
        return min(workers, 1)

    @workers.setter
    def workers(self, value: int) -> None:
        keras.utils.PyDataset.workers.fset(self, value)

    @property
    def use_multiprocessing(self) -> bool:
        """What was set; Keras reads False."""
        return bool(super().use_multiprocessing) and not read_by_keras(self, "use_multiprocessing")

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        keras.utils.PyDataset.use_multiprocessing.fset(self, value)

    def images(
        self,
        paths: Iterable[Source],
        size: tuple[int, int],
        *,
        transform: Transform | Iterable[Transform] = (),
        seed: int | None = None,
        interpolation: str = "antialias",
        orient: str = "exif",
        color: str = "rgb",
        dtype: DTypeLike = "uint8",
        scale: float = 1.0,
        offset: float = 0.0,
        data_format: str = "channels_last",
        strict: bool | str = True,
        limits: Limits | None = None,
        threads: int | None = None,
    ) -> NDArray[Any]:
        """Decode the images of a batch, as `fastseq.decode_batch`; TensorFlow and JAX take them over without a copy.

        Args:
            paths: paths (str or PathLike), and the contents of files (bytes or any contiguous buffer).
            size: (height, width) of the output, pixels.
            transform: a `fastseq` transform, or several in their order.
            seed: of random transforms; drawn from NumPy's global generator where None.
            interpolation: which pixels one gets; see `fastseq.decode_batch`.
            orient: "exif", "none", or "landscape" (EXIF, then a quarter turn where height > width).
            color: "rgb", "bgr" or "gray"; "pil.rgb" or "pil.gray": by the rules of Pillow's `convert`.
            dtype: uint8 (0-255), float16, float32 or float64.
            scale: of float dtypes: values are `offset + scale * pixel`.
            offset: see scale.
            data_format: "channels_last" or "channels_first".
            strict: whether pictures that decode with warnings, or are cut off, are bad; "whole": only those cut off.
            limits: what one picture may cost.
            threads: as many as there are cores where None.

        Returns:
            (n, height, width, channels), or (n, channels, height, width) for "channels_first"; it stays as it is for as
            long as anybody holds it.

        Raises:
            DecodeError: for the first image that is bad; it names the file.
            ValueError: for a setting that is not possible.
        """
        settings = Settings(
            size, transform, interpolation, orient, color, dtype, scale, offset, data_format, strict, limits or Limits()
        )
        sources = list(paths)
        if seed is None:
            seed = int(np.random.randint(2**63 - 1)) if settings.pipeline.draw_count else 0
        draws = settings.pipeline.draw(seed, 0, np.arange(len(sources)))
        images = self._fastseq.lender.images(settings, len(sources), needed=True)
        assert images is not None  # for it is needed
        return decode_sources(sources, settings, images, draws, lasting_threads(threads))


def _make(self: Sequence, method: Callable[..., Any], index: Any) -> Any:
    """`method`, a `__getitem__`: made ahead if Keras asks, and run here if the user's own code does."""
    own = self._fastseq
    if own.ahead.gate.inside:
        return method(self, index)
    if own.passes.batches and called_by_keras(self) and (workers := self.workers) > 0:
        _, expected = own.passes.request(index, self.max_queue_size, by_keras=True)
        probe = own.passes.probing and not own.passes.predicting
        return own.ahead.batch(index, () if probe else [k for _, k in expected], partial(method, self), workers)
    with own.ahead.gate.together():
        return method(self, index)


def _change(self: Sequence, method: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """`method`, an `on_epoch_begin` or `on_epoch_end`, alone."""
    if self._fastseq.ahead.gate.inside:
        return method(self, *args)
    with self._fastseq.ahead.stopped():
        return method(self, *args)


def _through_make(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def __getitem__(self: Sequence, index: Any) -> Any:  # noqa: N807
        return _make(self, method, index)

    return __getitem__


def _through_change(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def on_epoch_begin(self: Sequence, *args: Any) -> Any:
        return _change(self, method, args)

    return on_epoch_begin


def _through_end(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def on_epoch_end(self: Sequence, *args: Any) -> Any:
        result = _change(self, method, args)
        if not self._fastseq.ahead.gate.inside and called_by_keras(self):
            self._fastseq.passes.on_epoch_end(by_keras=True)
        return result

    return on_epoch_end


def _through_passes(batches: Any) -> Any:
    if not isinstance(batches, property):
        return batches

    def num_batches(self: Sequence) -> int | None:
        count: int | None = batches.__get__(self)
        if read_by_keras(self, "num_batches"):
            self._fastseq.passes.batches = count or 0
            self._fastseq.passes.on_iterator_created()
        return count

    return property(num_batches, batches.fset, batches.fdel, batches.__doc__)


_THROUGH: dict[str, Callable[[Any], Any]] = {
    "__getitem__": _through_make,
    "num_batches": _through_passes,
    "on_epoch_begin": _through_change,
    "on_epoch_end": _through_end,
}
