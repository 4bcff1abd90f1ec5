"""DataLoader: the API of torch.utils.data.DataLoader, for datasets of image files and labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Literal, Protocol

from fastseq import arguments
from fastseq._types import Unpack
from fastseq.compat.torch.epoch import SampleEpoch
from fastseq.compat.torch.shuffle import Shuffle
from fastseq.compat.torch.tensors import require_torch
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import depth_ahead, prefetch_cap
from fastseq.engine.pixel_cache import PathPixels, memory_bound
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.engine.threads import shared_threads
from fastseq.order.rng import key_word
from fastseq.samples import Samples


class Dataset(Protocol):
    """What a `DataLoader` takes its samples from."""

    def __getitem__(self, index: Any, /) -> Any:
        """A sample; see `DataLoader`."""

    def __len__(self) -> int:
        """The number of samples."""


@takes_pixel_settings
class DataLoader:
    """Batches of a dataset, as `torch.utils.data.DataLoader` makes them, in NumPy arrays or tensors.

    A sample is (file, label, ...), only a file, or {"image": file, ...}. A file is a path, the contents of an image
    file, or {"bytes": ..., "path": ...} as Hugging Face's datasets have it; in its place may be a tuple of files, all
    of which are decoded, with the same draws of random transforms. All images of a batch are decoded together, straight
    into the batch, a few batches ahead. A sample that has an image elsewhere, or one that is decoded already, is an
    error.

    A batch is (images, labels, ...), only images, or {"image": images, ...}: images are (b, height, width, c), a list
    of such arrays for tuples of files; labels are combined as torch's `default_collate` does, but into NumPy arrays:
    floats as float64, integers as int64, arrays stacked in their dtype, strings in a list, tuples and lists as lists,
    dicts as dicts. Each `for` is one epoch. A random transform depends on `seed`, the number of the epoch and the
    sample's index.

    Args:
        dataset: has `__getitem__` and `__len__`, which are called in the thread that iterates.
        batch_size: samples in a batch.
        shuffle: whether each epoch has an order of its own, drawn from `generator`.
        sampler: yields the indices of an epoch; excludes `shuffle`.
        batch_sampler: yields lists of indices; excludes `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: without effect, like `pin_memory`, `timeout`, `multiprocessing_context`, `prefetch_factor`,
            `persistent_workers`, `pin_memory_device` and `in_order`: threads of fastseq decode, and batches come in
            order.
        collate_fn: makes a batch from the list of its samples. With `size`, each file arrives as the decoded image, a
            view into the batch's memory; samples without an image are unchanged.
        pin_memory: see `num_workers`.
        drop_last: whether an incomplete last batch is dropped.
        timeout: see `num_workers`.
        worker_init_fn: None: there are no workers in which it would be called.
        multiprocessing_context: see `num_workers`.
        generator: a NumPy generator; or a `torch.Generator`, which gives the order of torch's own loader; NumPy's
            global generator if None.
        prefetch_factor: see `num_workers`.
        persistent_workers: see `num_workers`.
        pin_memory_device: see `num_workers`.
        in_order: see `num_workers`.
        tensors: whether batches are torch tensors, with the memory and dtype of the arrays they would be; also the
            images that `collate_fn` gets.
        size: (height, width) of the output, in pixels. Required where samples have images, unless `collate_fn` takes
            paths.
        seed: of random transforms, 0 <= seed < 2**64.
        threads: how many threads decode; as many as there are cores if None.
        prefetch_bytes: bound on the batches decoded ahead; 256 MiB if None, 0 to decode none ahead.
        pixel_cache: "ram" to keep decoded images of files in the memory of this process for later epochs, as
            `fastseq.Loader` does; a file that changes is not read again. None to keep nothing.
        pixel_cache_bytes: bound on the decoded images, in bytes or as a text such as "4GB" or "512MiB". Once it is
            full, other images are decoded each time.
        **pixels: see `PixelSettings`.

    Raises:
        ImportError: if `tensors` is True and torch is not installed.
        TypeError: if an argument has the wrong type.
        ValueError: if arguments exclude each other, if a setting is impossible, or if it has no effect without `size`.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        tensors: bool = False,
        size: tuple[int, int] | None = None,
        seed: int = 0,
        threads: int | None = None,
        prefetch_bytes: int | None = None,
        pixel_cache: Literal["ram"] | None = None,
        pixel_cache_bytes: int | str | None = None,
        **pixels: Unpack[PixelSettings],
    ) -> None:
        if isinstance(dataset, (Samples, str, os.PathLike)):
            raise TypeError(
                f"dataset must be a sequence of samples such as (path, label), not {arguments.shown(dataset)}; "
                "fastseq.Loader takes fastseq.Samples"
            )
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("batch_sampler excludes batch_size, shuffle, sampler and drop_last: it decides on all")
        if sampler is not None and shuffle:
            raise ValueError("sampler excludes shuffle: it decides on the order")
        batch_size = arguments.integer("batch_size", batch_size, minimum=1)
        self.dataset, self.sampler, self.batch_sampler = dataset, sampler, batch_sampler
        self.batch_size = None if batch_sampler is not None else batch_size
        if worker_init_fn is not None:
            raise ValueError(
                "worker_init_fn would never be called, as there are no workers: do in the dataset what it does"
            )
        if tensors:
            require_torch()
        self.tensors = tensors
        self.shuffle, self.drop_last, self.generator, self.collate_fn = bool(shuffle), drop_last, generator, collate_fn
        self._shuffle = Shuffle(generator)
        settings = settings_of(DataLoader, (1, 1) if size is None else size, pixels)  # checked even without a size
        if size is None and pixels:
            raise ValueError(f"{next(iter(pixels))} has no effect without size=(height, width), which decodes images")
        self._seed = key_word("seed", seed)
        self._cap = prefetch_cap(prefetch_bytes)
        arguments.one_of("pixel_cache", pixel_cache, ("ram", None), "fastseq.Loader also takes a folder")
        if size is None and pixel_cache is not None:
            raise ValueError("pixel_cache has no effect without size=(height, width), which decodes images")
        max_bytes = memory_bound(pixel_cache, pixel_cache_bytes)
        self._pixels = None if max_bytes is None else PathPixels(settings, max_bytes)
        decoder = Decoder(settings, shared_threads(threads), BatchAllocator(self._cap), pixels=self._pixels)
        self._decoder = None if size is None else decoder
        self._depth = depth_ahead(decoder.threads.count, batch_size) if self._cap and self._decoder else 0
        self._epochs = 0

    def __len__(self) -> int:
        """Batches in an epoch; TypeError where a sampler has no length."""
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        samples = len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]
        assert self.batch_size is not None
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """One epoch."""
        self._shuffle.on_iterator_created()
        number, self._epochs = self._epochs, self._epochs + 1
        epoch = SampleEpoch(
            self.dataset.__getitem__,
            self._batches(),
            self._decoder,
            self._cap,
            depth=self._depth,
            seed=self._seed,
            epoch=number,
            collate_fn=self.collate_fn,
            tensors=self.tensors,
            pixels=self._pixels,
        )
        if self.shuffle:
            epoch.on_exhausted(self.batch_size or 1, partial(self._shuffle.on_exhausted, len(self.dataset)))
        return epoch

    def _batches(self) -> Iterator[Sequence[Any]]:
        """The indices of each batch of an epoch; an order is drawn when the first is asked for."""
        if self.batch_sampler is not None:
            yield from self.batch_sampler
            return
        indices: Iterable[Any] = range(len(self.dataset)) if self.sampler is None else self.sampler
        if self.shuffle:
            indices = self._shuffle.order(len(self.dataset))
        rest = iter(indices)
        while batch := list(islice(rest, self.batch_size)):
            if self.drop_last and len(batch) != self.batch_size:
                return
            yield batch
