"""Loader: samples, order, transforms and labels -> numpy batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq import arguments
from fastseq._lazy import lazy_property
from fastseq._types import StrPath, Unpack
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.bad_samples import BadSamples
from fastseq.loading.batch_map import BatchMap
from fastseq.loading.batch_views import BatchViews
from fastseq.loading.blocks.block_prefetcher import block_prefetcher
from fastseq.loading.lanes import lanes_of, window_size
from fastseq.loading.map_ahead import MapAhead
from fastseq.loading.pixel_caching import pixel_cache_of
from fastseq.loading.policy import OnError, Policy
from fastseq.loading.prefetcher import Decoded, Key, Prefetcher
from fastseq.loading.state import State, check_compatible, counter, describe_settings, fingerprint, shortened
from fastseq.order.order import Order
from fastseq.order.processes import processes
from fastseq.order.rng import key_word
from fastseq.samples import Samples
from fastseq.samples.label_encoder import LabelEncoder, weights_of

_STATE_VERSION = 2

Batch = Any  # x; (x, y); or (x, y, w)


@takes_pixel_settings
class Loader(BatchViews):
    """Batches of a set of images, decoded ahead of need. One `for` is one epoch.

    The bytes of a batch depend only on the samples, the settings, `seed`, the epoch and the batch number. A batch keeps
    its contents for as long as you hold it; its memory is reused only after that.

    If samples have other inputs besides one image, x is a dict of arrays: the images and the columns by their names.
    The random transforms of a sample's images are independent. A sample is bad if one of its images is.

    Args:
        samples: the images and their labels.
        size: (height, width) of the output, in pixels.
        batch_size: samples in a batch, on all ranks together.
        shuffle: whether each epoch has an order of its own, by sample. "blocks" shuffles shards by blocks of 2 MB, for
            hard disks and network shares, on which reading whole blocks is much faster than reading single images:
            each block is read once an epoch, and its images are mixed with those of many others. Remote shards and
            Parquet files, whose blocks are their row groups, are always shuffled so.
        seed: of the order, 0 <= seed < 2**64.
        draw_seed: of the random transforms; the same as `seed` if None. Two loaders that differ in it alone have the
            same samples in each batch, drawn differently: two views.
        labels: "auto", "int", "binary", "categorical", "multi_hot", "raw", or None for images alone.
        drop_last: whether to leave out an incomplete last batch.
        on_error: what to do with a bad sample. "raise": raise `DecodeError`. "skip": leave it out of its batch, which
            is then shorter; a batch with nothing but bad samples gets one substitute. "fill": put zeros in place of
            its bad images, with weight 0; every batch is then (x, y, w). "substitute": put another sample, drawn by
            the seed, in its place. Or a function that takes the `BadSample` and returns one of these; it is called once
            for each bad sample in an epoch, and every batch with labels is then (x, y, w).
        max_bad: for policies other than "raise", how many bad samples an epoch may have on this rank: a count (int), or
            a share of all samples (float from 0 to 1, at least 5 samples unless it is 0.0). None for 1 %. The batch
            with one more raises `TooManyBadSamples`.
        threads: how many threads decode; as many as there are cores if None.
        prefetch_bytes: bound on the batches decoded ahead; 256 MiB if None, 0 to decode none ahead.
        rank: the number of this process; 0 if None. "auto" finds it, and `world_size`: from `torch.distributed` or
            `jax.distributed`, torchrun (RANK, WORLD_SIZE), TF_CONFIG or srun, and from `keras.distribution` on JAX. The
            loader's `repr` says what was found.
        world_size: the number of processes; 1 if None. All have the same number of batches, and a share of each.
        sample_weight: one number for each sample; batches are then (x, y, w) with float32 w.
        window_bytes: of shuffle="blocks", of remote shards and of Parquet files, bound on the blocks in use, or that
            will be soon, on all ranks together, in bytes or as a text such as "4GB" or "512MiB"; 1 GiB if None. A
            shuffled order depends on it.
        cache: a folder on a local disk where blocks of remote shards are kept, for later epochs and runs, and for all
            processes of a host; None for nowhere.
        cache_bytes: bound on the blocks in that folder, like `window_bytes`; None for half of what is free on the disk,
            and what the folder has. Once it is full, other blocks are fetched each time.
        pixel_cache: where decoded images are kept for later epochs: "ram", in the memory of this process; or a folder
            on a local disk, for later runs too, and for all processes of a host; None for nowhere. What is kept is the
            image of the batch's size before flips and scaling; with a random crop, the whole image, which is then
            resampled from its pixels each time, whether it was kept or not.
        pixel_cache_bytes: bound on the decoded images, like `window_bytes`; None, for a folder, for half of what is
            free on the disk, and what the folder has. Once it is full, other images are decoded each time.
        stall_warn_s: seconds of waiting for one file after which a `StalledWarning` names it; 60 if None.
        map: a function of each batch, which takes its parts, such as `(x, y)`, and returns the batch that you get: for
            MixUp, layers of Keras, inputs by name. It is called ahead of need on a thread of its own, never twice at
            once, after `on_error` has dealt with bad samples. If it has a parameter named `rng`, it gets a
            `numpy.random.Generator` there that depends on `draw_seed`, the epoch and the batch alone.
        **pixels: see `PixelSettings`.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if a setting is impossible; the message says what is possible.
    """

    def __init__(
        self,
        samples: Samples,
        size: tuple[int, int] = (224, 224),
        batch_size: int = 32,
        *,
        shuffle: bool | Literal["blocks"] = False,
        seed: int = 0,
        draw_seed: int | None = None,
        labels: str | None = "auto",
        drop_last: bool = False,
        on_error: OnError = "raise",
        max_bad: int | float | None = None,
        threads: int | None = None,
        prefetch_bytes: int | None = None,
        rank: int | Literal["auto"] | None = None,
        world_size: int | None = None,
        sample_weight: ArrayLike | None = None,
        window_bytes: int | str | None = None,
        cache: StrPath | None = None,
        cache_bytes: int | str | None = None,
        pixel_cache: StrPath | None = None,
        pixel_cache_bytes: int | str | None = None,
        stall_warn_s: float | None = None,
        map: Callable[..., Any] | None = None,
        **pixels: Unpack[PixelSettings],
    ) -> None:
        if not isinstance(samples, Samples):
            raise TypeError(f"samples must be a fastseq.Samples, not {_shown(samples)}")
        shuffle = arguments.one_of("shuffle", shuffle, (False, True, "blocks"))
        drop_last = arguments.one_of("drop_last", drop_last, (False, True))
        policy = Policy(on_error, max_bad)
        self.samples = samples
        self.settings = settings_of(Loader, size, pixels)
        self._processes = processes(rank, world_size)
        self.order = Order(
            len(samples),
            batch_size,
            shuffle=bool(shuffle),
            seed=seed,
            drop_last=drop_last,
            rank=self._processes.rank,
            world_size=self._processes.world_size,
            lanes=lanes_of(samples, batch_size, shuffle, window_bytes),
        )
        draw_seed = self.order.seed if draw_seed is None else key_word("draw_seed", draw_seed)
        self._state: State = {
            "seed": self.order.seed,
            "draw_seed": None if draw_seed == self.order.seed else draw_seed,
            "batch_size": self.order.batch_size,
            "shuffle": int(shuffle) if self.order.lanes is None else f"blocks, {self.order.lanes.window} a lane",
            "drop_last": int(drop_last),
            "on_error": policy.name,
        }
        self._labels = LabelEncoder(samples, labels)
        if on_error == "fill" and self._labels.kind is None:
            raise ValueError("on_error='fill' needs labels: filled images have weight 0 in (x, y, w)")
        self._weights = weights_of(sample_weight, len(samples), self._labels.kind)
        self._pixels = pixel_cache_of(samples, self.settings, pixel_cache, pixel_cache_bytes)
        self._prefetcher = Prefetcher(
            samples,
            self.order,
            self.settings,
            batch_size=self.order.batch_size // self.order.world_size,
            seed=draw_seed,
            threads=threads,
            prefetch_bytes=prefetch_bytes,
            stall_warn_s=stall_warn_s,
            blocks=block_prefetcher(
                samples, self.order, window_size(window_bytes), self.settings.limits.file_bytes, cache, cache_bytes
            ),
            pixels=self._pixels,
        )
        self._bad = BadSamples(
            policy,
            samples,
            self.settings,
            self._prefetcher,
            seed=self.order.seed,
            batches=len(self.order),
            labelled=self._labels.kind is not None,
        )
        self._map = None if map is None else BatchMap(map, draw_seed)
        self._map_ahead = None if map is None else MapAhead(self._prefetcher)
        self._is_mapped = self._map is not None
        self._epoch = 0
        self._handed_out = 0  # batches of that epoch
        self._fresh = True  # whether the next `for` starts at this epoch and batch

    @property
    def on_error(self) -> str:
        """The policy for bad samples; the name of the function if it is one."""
        return str(self._state["on_error"])

    @property
    def errors(self) -> BadSampleLog:
        """The bad samples so far, each once, sorted by index, and those that were RECOVERED from damaged data."""
        return self._bad.log

    def __len__(self) -> int:
        """The number of batches in an epoch, the same on every rank."""
        return len(self.order)

    def __iter__(self) -> Iterator[Batch]:
        """Iterate over one epoch, or over the rest of it after `load_state_dict`."""
        epoch, first = (self._epoch, self._handed_out) if self._fresh else (self._epoch + 1, 0)
        self._epoch, self._handed_out, self._fresh = epoch, first, False
        return self._iterate(epoch, first)

    def _iterate(self, epoch: int, first: int) -> Iterator[Batch]:
        try:
            for k in range(first, len(self)):
                yield self._hand_out(epoch, k)  # without keeping a reference, so that its memory can be reused
        finally:
            if epoch == self._epoch:  # otherwise a later `for` has begun
                self.close()

    def _hand_out(self, epoch: int, k: int) -> Batch:
        batch = self.batch(epoch, k, [(epoch, a) for a in range(k + 1, len(self))[: self.depth]])
        if epoch == self._epoch:
            self._handed_out = k + 1
        return batch

    @property
    def depth(self) -> int:
        """The number of batches to decode ahead, as far as `prefetch_bytes` allows."""
        return self._prefetcher.depth

    def batch(self, epoch: int, k: int, ahead: Iterable[tuple[int, int]] = (), *, probe: bool = False) -> Batch:
        """Return batch `k` of an epoch, whatever was requested before.

        Args:
            epoch: counted from 0.
            k: counted from 0; negative numbers count from the end.
            ahead: (epoch, k) of batches to start decoding meanwhile.
            probe: whether the same batch will be requested again and should be kept until then.

        Returns:
            x; (x, y) if there are labels; (x, y, w) if there are weights. x is an array of images, or a dict of arrays
            by the names of `samples.input_names`. Or what `map` makes of it.

        Raises:
            Exception: what `map` raised.
            IndexError: if there is no such batch.
            TypeError: if `epoch` or `k` is not an integer, or if `map` returned None.
            DecodeError: for the first bad sample in it that `on_error` does not tolerate.
            TooManyBadSamples: if it brings the epoch's bad samples above `max_bad`.
        """
        key = (epoch, arguments.batch_number("k", k, len(self)))
        if self._map_ahead is None:
            batch = self._finish(key, self._prefetcher.fetch(key, ahead, probe), probe)
        else:
            batch = self._map_ahead.fetch(key, ahead, self._finish, probe)
        if not probe:
            self._bad.handed_out(key)
        return batch

    def _finish(self, key: Key, decoded: Decoded, probe: bool) -> Batch:
        images, indices, weights = self._bad.apply_policy(key, *decoded, probe)
        labels = self._labels(indices)
        x = self.samples.inputs.x(images, indices)
        if labels is None:
            batch = x
        else:
            if self._weights is not None:
                weights = self._weights[indices] * (1 if weights is None else weights)
            batch = (x, labels) if weights is None else (x, labels, weights)
        return batch if self._map is None else self._map(key, batch)

    def _peek(self, k: int, ahead: Iterable[int] = ()) -> Batch:
        coming = [(self._epoch, a) for a in islice(ahead, self.depth)]
        return self.batch(self._epoch, k, coming, probe=True)

    def indices(self, k: int) -> NDArray[np.int64]:
        """The numbers of the samples in batch `k` of the current epoch: of the latest `for`.

        Returns:
            int64 (b,), before `on_error` leaves out or replaces bad samples.

        Raises:
            IndexError: if there is no such batch.
            TypeError: if `k` is not an integer.
        """
        return self.order.indices(self._epoch, k)

    def _go_to_epoch(self, epoch: int) -> None:
        self._epoch, self._handed_out, self._fresh = epoch, 0, True
        self._bad.resume(epoch, 0, 0)

    def log_probed(self, batches: int) -> None:
        """Log the bad samples of probed batches that were used after all; see `BadSamples.log_probed`."""
        self._bad.log_probed(batches)

    def close(self) -> None:
        """Cancel the batches decoded ahead and release their memory. The loader can still be used."""
        if self._map_ahead is not None:
            self._map_ahead.cancel_prefetch()
        self._prefetcher.cancel_prefetch()

    def state_dict(self) -> State:
        """The position in the data: JSON-ready, at most 1 KB: a few integers, the settings, the samples' fingerprint.

        It counts the batches that were handed out, not those decoded ahead.
        """
        return self.state_at(*self.position)

    @property
    def position(self) -> tuple[int, int]:
        """The epoch, and the number of its batches that were handed out."""
        return self._epoch, self._handed_out

    def state_at(self, epoch: int, batch: int) -> State:
        """The state of a loader that has handed out `batch` batches of an epoch."""
        return {
            "version": _STATE_VERSION,
            "epoch": epoch,
            "batch": batch,
            "bad": self._bad.count(epoch, batch),
            **self._state,
            "samples": self.samples.fingerprint(),
            "settings": self._described_settings,
        }

    def load_state_dict(self, state: State) -> None:
        """Resume where a loader with the same samples and settings was; the next `for` gives the rest of its epoch.

        Rank, world size, threads and prefetching may differ: batches are numbered over all ranks.

        Raises:
            ValueError: if the samples or settings differ, and the message says how; or if `state` is not valid.
        """
        check_compatible(state, self.state_dict(), ignore=("epoch", "batch", "bad"))
        epoch, batch, bad = (counter(state, key) for key in ("epoch", "batch", "bad"))
        if batch > len(self):
            raise ValueError(f"the state is at batch {batch} of epoch {epoch}, but an epoch has {len(self)} batches")
        self._epoch, self._handed_out = (epoch + 1, 0) if batch == len(self) else (epoch, batch)
        self._bad.resume(self._epoch, self._handed_out, bad if self._handed_out else 0)
        self._fresh = True

    @lazy_property
    def _described_settings(self) -> dict[str, str]:
        weights = "" if self._weights is None else fingerprint(self._weights.tobytes())
        resampled = self._pixels is not None and self._pixels.changes_pixels
        return describe_settings(self.settings) | {
            **({"pixel_cache": "whole images"} if resampled else {}),
            "labels": repr(self._labels.kind),
            "sample_weight": weights,
            "map": "" if self._map is None else shortened(self._map.name),
        }


def _shown(samples: object) -> str:
    """What was given in place of samples, and what to write instead."""
    if isinstance(samples, (str, os.PathLike)):
        return f"{samples!r}; write fastseq.Samples.from_directory({os.fspath(samples)!r})"
    kind = arguments.type_name(samples)
    if hasattr(samples, "columns"):
        return f"{kind}; write fastseq.Samples.from_dataframe(...)"
    if isinstance(samples, Iterable):
        return f"{kind}; write fastseq.Samples.from_files(paths, labels)"
    return f"{kind}; make one with from_directory, from_dataframe, from_csv or from_files"
