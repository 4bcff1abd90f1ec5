"""DataGenerator: the class that Keras tutorials teach for images in a table with several labels each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq.compat.pixel_cache import row_pixels
from fastseq.compat.prefetch import drop_in_cap
from fastseq.engine.any_format import decode_bytes
from fastseq.engine.settings import Settings
from fastseq.errors import raise_first_bad
from fastseq.keras.dataset import PassAwareDataset
from fastseq.keras.passes import KerasPasses
from fastseq.limits import Limits
from fastseq.loading.prefetcher import Key, Prefetcher
from fastseq.samples import Samples
from fastseq.samples.sources.dataframe import DataFrame


class _Shuffles:
    """The orders that were drawn, by number; in the place of a `fastseq.Order`."""

    def __init__(self, rows: NDArray[np.int64], batch_size: int) -> None:
        self.rows = rows
        self.batch_size = batch_size
        self.latest = -1
        self._drawn: dict[int, NDArray[np.int64]] = {}

    def add(self, indexes: NDArray[np.int64], in_use: set[int]) -> None:
        """Add a new order, and drop the earlier ones that are not in use."""
        kept = in_use | {self.latest}
        self._drawn = {number: order for number, order in self._drawn.items() if number in kept}
        self.latest += 1
        self._drawn[self.latest] = indexes

    def indices(self, number: int, k: int) -> NDArray[np.int64]:
        """int64 (b,): the rows of batch `k` in order `number`."""
        return self.rows[self._drawn[number][k * self.batch_size : (k + 1) * self.batch_size]]


class DataGenerator(PassAwareDataset):
    """The tutorial's generator, argument for argument, with its pixels bit for bit.

    Images are decoded (BGR, EXIF orientation applied), rotated by `np.rot90` if height > width, and resized exactly
    as `cv2.resize` does. In `fit` and `evaluate`, a pass uses the last order drawn before it began.

    Args:
        df: a table with the columns "images" (paths) and "labels" ("cat_dog").
        list_IDs: row positions in `df` of the samples to use.
        to_fit: whether a batch is (X, y), or only X.
        batch_size: samples in a batch; a smaller last batch is dropped.
        dim: (height, width) of the images, pixels.
        n_channels: 3 for BGR, 1 for gray.
        n_classes: columns of y.
        shuffle: whether `on_epoch_end` draws a new order from the global `np.random`.
        labels: all labels, in the order of the columns of y; the sorted labels of `df` if None.
        dtype: of X: float64, as in the tutorial, float32, float16 or uint8; values are 0-255.
        prefetch_bytes: cap on batches begun and not handed out yet; what `fastseq.compat.set_prefetch_bytes` says if
            None. 0 turns prefetching off.
        strict: which damaged JPEGs are bad; see `fastseq.Loader`.
        limits: what one image may cost; `Limits()` if None.

    Raises:
        fastseq.UnknownLabelError: if `df` has labels that are not among `labels`.
        ValueError: if there are more labels than `n_classes`.
    """

    def __init__(
        self,
        df: DataFrame,
        list_IDs: Sequence[int],  # noqa: N803 - the tutorial's name
        to_fit: bool = True,
        batch_size: int = 8,
        dim: tuple[int, int] = (256, 472),
        n_channels: int = 3,
        n_classes: int = 13,
        shuffle: bool = True,
        labels: Sequence[str] | None = None,
        dtype: DTypeLike = "float64",
        *,
        prefetch_bytes: int | None = None,
        strict: bool | str = "whole",
        limits: Limits | None = None,
    ) -> None:
        """See the class."""
        super().__init__()
        if n_channels not in (1, 3):
            raise ValueError(f"n_channels must be 3 (BGR) or 1 (gray), not {n_channels}")
        self.df, self.list_IDs, self.to_fit, self.batch_size = df, list_IDs, to_fit, batch_size
        self.dim, self.n_channels, self.n_classes, self.shuffle = dim, n_channels, n_classes, shuffle
        self._samples = (
            Samples.from_dataframe(df, image="images", label="labels", label_sep="_", classes=labels)
            if to_fit
            else Samples.from_dataframe(df, image="images", label=None)
        )
        self.labels = list(self._samples.classes or ()) if labels is None else labels
        if to_fit and len(self.labels) > n_classes:
            raise ValueError(f"{len(self.labels)} labels do not fit into n_classes={n_classes} columns")
        rows = np.asarray(list_IDs, np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self._samples)):
            raise IndexError(f"list_IDs must be row positions below {len(self._samples)}")
        self._shuffles = _Shuffles(rows, batch_size)
        self._numbers: dict[int, int] = {}  # the order that each epoch of the passes is served from
        settings = Settings(
            dim,
            interpolation="cv2.linear",
            orient="landscape",
            color="bgr" if n_channels == 3 else "gray",
            dtype=dtype,
            strict=strict,
            limits=Limits() if limits is None else limits,
        )
        self._prefetcher = Prefetcher(
            self._samples,
            self._shuffles,
            settings,
            batch_size=batch_size,
            seed=0,
            threads=None,
            prefetch_bytes=drop_in_cap(prefetch_bytes),
            fallback=decode_bytes,
            pixels=row_pixels(settings, len(self._samples.table)),
        )
        self.passes = KerasPasses(len(self))
        self.on_epoch_end()

    def __len__(self) -> int:
        """The number of whole batches in an epoch."""
        return len(self.list_IDs) // self.batch_size

    def __getitem__(self, index: int) -> Any:
        """Batch `index`: X (batch, *dim, n_channels), with y int (batch, n_classes) where `to_fit`.

        Raises:
            IndexError: if there is no such batch.
            DecodeError: for the first bad sample in it.
        """
        k = self._batch_number(index)
        served = self._request(k, self._prefetcher.depth)
        latest = self._shuffles.latest
        number = latest if served.is_predict else self._numbers.setdefault(served.epoch, latest)
        ahead: list[Key] = [(number, n) for _, n in served.ahead]
        images, rows, reports = self._prefetcher.fetch((number, k), ahead, served.is_probe)
        raise_first_bad(reports.values())
        return (images, self._targets(rows)) if self.to_fit else images

    def on_epoch_end(self) -> None:
        """Begin a new epoch; with `shuffle`, in a new order."""
        self.indexes = np.arange(len(self.list_IDs))
        if self.shuffle:
            np.random.shuffle(self.indexes)
        running = self.passes.running
        self._shuffles.add(self.indexes, set(self._numbers.values()) if running else set())
        self._end_epoch()
        if running:
            self._numbers = {e: n for e, n in self._numbers.items() if e == self.passes.epoch}
        else:
            self._numbers = {}

    def _targets(self, rows: NDArray[np.int64]) -> NDArray[np.int_]:
        assert self._samples.labels is not None
        targets = np.zeros((len(rows), self.n_classes), dtype=int)
        targets[:, : len(self.labels)] = self._samples.labels[rows]
        return targets
