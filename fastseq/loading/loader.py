"""Loader: samples, order, transforms and labels -> numpy batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from fastseq.engine.settings import Settings
from fastseq.limits import Limits
from fastseq.loading.bad_sample_log import Ledger
from fastseq.loading.bad_samples import BadSamples
from fastseq.loading.policy import OnError, Policy
from fastseq.loading.prefetcher import Prefetcher
from fastseq.loading.state import State, fingerprint, in_words, refuse_differences, whole_number
from fastseq.order.order import Order
from fastseq.samples import Samples
from fastseq.samples.label_encoder import LabelEncoder, weights_of
from fastseq.transforms import Transform

_STATE_VERSION = 1

Batch = Any  # x; (x, y); or (x, y, w)


class Loader:
    """Batches of a set of images, decoded ahead of need. One `for` is one epoch.

    The bytes of a batch depend on the samples, the settings, `seed`, the epoch and the batch's number, and on nothing
    else. A batch is an array over memory that is lent to it: it stays as it is for as long as anybody holds it.

    Args:
        samples: the images and their labels.
        size: (height, width) of the pictures, pixels.
        batch_size: samples in a batch of all ranks together.
        shuffle: whether each epoch has an order of its own, by sample.
        seed: of the order and the random transforms.
        labels: "auto", "int", "binary", "categorical", "multi_hot", "raw", or None for images alone.
        transform: a transform, or several in their order.
        interpolation: "antialias", "linear"; the bits of cv2: "cv2.linear", "cv2.nearest", "cv2.area"; those of Pillow:
            "pil.nearest", "pil.box", "pil.bilinear", "pil.hamming", "pil.bicubic", "pil.lanczos"; or TensorFlow's:
            "tf.nearest", "tf.bilinear", "tf.bicubic", "tf.area", "tf.lanczos3", "tf.lanczos5", "tf.gaussian",
            "tf.mitchellcubic".
        orient: "exif", "none", or "landscape" (EXIF, then a quarter turn where height > width).
        color: "rgb", "bgr" or "gray"; "pil.rgb" or "pil.gray": by the rules of Pillow's `convert`.
        dtype: uint8 (0-255), float16, float32 or float64.
        scale: of float dtypes: values are `offset + scale * pixel`.
        offset: see scale.
        data_format: "channels_last" or "channels_first".
        drop_last: whether a last batch that is not full is left out.
        on_error: what becomes of a bad sample. "raise": `DecodeError`. "skip": it is left out, and its batch is
            shorter; where all of a batch are bad, one substitute stands for them. "fill": a black picture in its place,
            with weight 0; every batch is then (x, y, w). "substitute": another sample, drawn by the seed, in its place.
            Or a function that gets the `BadSample` and gives one of these; every batch with labels is then (x, y, w).
        strict: whether a picture that decodes with warnings, or is cut off, is bad; "whole": only one that is cut off.
        max_bad: for policies other than "raise", how many bad samples an epoch may have, on this rank: an int, or a
            float from 0 to 1 as a share of all samples; 1 % where None. The batch with one more raises
            `TooManyBadSamples`.
        threads: that decode; as many as there are cores where None.
        prefetch_bytes: bound on the batches begun ahead, 256 MiB where None; 0 turns it off.
        rank: of this process; 0 where None.
        world_size: number of processes; 1 where None. Each has the same number of batches, and its share of each.
        sample_weight: one number for each sample; batches are then (x, y, w) with float32 w.
        limits: what one picture may cost.
        stall_warn_s: after so many seconds of waiting for one file, a `StalledWarning` names it; 60 where None.

    Raises:
        ValueError: for a setting that is not possible; the message says what is.
    """

    def __init__(
        self,
        samples: Samples,
        size: tuple[int, int] = (224, 224),
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int = 0,
        labels: str | None = "auto",
        transform: Transform | Iterable[Transform] = (),
        interpolation: str = "antialias",
        orient: str = "exif",
        color: str = "rgb",
        dtype: DTypeLike = "uint8",
        scale: float = 1.0,
        offset: float = 0.0,
        data_format: str = "channels_last",
        drop_last: bool = False,
        on_error: OnError = "raise",
        strict: bool | str = True,
        max_bad: int | float | None = None,
        threads: int | None = None,
        prefetch_bytes: int | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        limits: Limits | None = None,
        stall_warn_s: float | None = None,
    ) -> None:
        """See the class."""
        policy = Policy(on_error, max_bad)
        self.samples = samples
        self.settings = Settings(
            size, transform, interpolation, orient, color, dtype, scale, offset, data_format, strict, limits or Limits()
        )
        self.order = Order(
            len(samples),
            batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_last=drop_last,
            rank=rank or 0,
            world_size=1 if world_size is None else world_size,
        )
        self._state: State = {
            "seed": self.order.seed,
            "batch_size": self.order.batch_size,
            "shuffle": int(shuffle),
            "drop_last": int(drop_last),
            "on_error": policy.name,
        }
        self._labels = LabelEncoder(samples, labels)
        if on_error == "fill" and self._labels.kind is None:
            raise ValueError("on_error='fill' needs labels: what is filled in has weight 0 in (x, y, w)")
        self._weights = weights_of(sample_weight, len(samples), self._labels.kind)
        self._prefetcher = Prefetcher(
            samples,
            self.order,
            self.settings,
            batch_size=self.order.batch_size // self.order.world_size,
            seed=seed,
            threads=threads,
            prefetch_bytes=prefetch_bytes,
            stall_warn_s=stall_warn_s,
        )
        self._bad = BadSamples(
            policy,
            samples,
            self.settings,
            self._prefetcher,
            seed=seed,
            batches=len(self.order),
            labelled=self._labels.kind is not None,
        )
        self._epoch = 0
        self._handed_out = 0  # batches of that epoch
        self._fresh = True  # whether the next `for` begins where these two say

    @property
    def errors(self) -> Ledger:
        """The bad samples that were met, each once, in the order of the samples."""
        return self._bad.ledger

    def __len__(self) -> int:
        """Batches in an epoch, on every rank."""
        return len(self.order)

    def __iter__(self) -> Iterator[Batch]:
        """One epoch, or what is left of it after `load_state_dict`."""
        if not self._fresh:
            self._epoch, self._handed_out = self._epoch + 1, 0
        self._fresh = False
        return self._iterate(self._epoch, self._handed_out)

    def _iterate(self, epoch: int, first: int) -> Iterator[Batch]:
        try:
            for k in range(first, len(self)):
                yield self._hand_out(epoch, k)  # and keep no reference: its memory is the consumer's alone
        finally:
            if epoch == self._epoch:  # else a later `for` has begun
                self._prefetcher.cancel_prefetch()

    def _hand_out(self, epoch: int, k: int) -> Batch:
        batch = self.batch(epoch, k, [(epoch, a) for a in range(k + 1, len(self))[: self.depth]])
        if epoch == self._epoch:
            self._handed_out = k + 1
        return batch

    @property
    def depth(self) -> int:
        """How many batches are begun ahead, where `prefetch_bytes` allows."""
        return self._prefetcher.depth

    def batch(self, epoch: int, k: int, ahead: Iterable[tuple[int, int]] = (), *, probe: bool = False) -> Batch:
        """Batch `k` of an epoch, whatever was asked for before.

        Args:
            epoch: counted from 0.
            k: counted from 0; negative ones from the end.
            ahead: (epoch, k) of batches to begin meanwhile.
            probe: whether the same batch will be asked for again, and should be kept until then.

        Returns:
            x, or (x, y) where there are labels, or (x, y, w) where there are weights.

        Raises:
            IndexError: if there is no such batch.
            DecodeError: for the first bad sample in it that `on_error` does not put up with.
            TooManyBadSamples: if it has one more than `max_bad` allows.
        """
        if not -len(self) <= k < len(self):
            raise IndexError(f"batch {k} of {len(self)}")
        key = (epoch, k % len(self))
        images, indices, failures = self._prefetcher.fetch(key, ahead, probe)
        images, indices, weights = self._bad.settle(key, images, indices, failures, probe)
        if not probe:
            self._bad.handed_out(key)
        labels = self._labels(indices)
        if labels is None:
            return images
        if self._weights is not None:
            weights = self._weights[indices] * (1 if weights is None else weights)
        return (images, labels) if weights is None else (images, labels, weights)

    def list_probed(self, batches: int) -> None:
        """So many batches of a pass were probed, and used after all: list their bad samples, warn at the last one."""
        self._bad.list_probed(batches)

    def close(self) -> None:
        """Cancel what was begun ahead and let go of its memory. The loader can be used again."""
        self._prefetcher.cancel_prefetch()

    def state_dict(self) -> State:
        """Where the loader is: JSON-ready, at most 1 KB: a few integers, the settings, a fingerprint of the samples.

        Counts the batches that were handed out, not those begun ahead.
        """
        return self.state_at(*self.position)

    @property
    def position(self) -> tuple[int, int]:
        """The epoch, and how many of its batches were handed out."""
        return self._epoch, self._handed_out

    def state_at(self, epoch: int, batch: int) -> State:
        """The state of a loader that has handed out so many batches of an epoch."""
        return {
            "version": _STATE_VERSION,
            "epoch": epoch,
            "batch": batch,
            "bad": self._bad.count(epoch, batch),
            **self._state,
            "samples": self.samples.fingerprint(),
            "settings": self._settings_in_words,
        }

    def load_state_dict(self, state: State) -> None:
        """Go to where another loader of the same samples and settings was; the next `for` gives the rest of that epoch.

        Rank, world size, threads and prefetch may differ: batches are numbered over all ranks.

        Raises:
            ValueError: if the samples or settings differ; the message names the difference.
        """
        refuse_differences(state, self.state_dict(), besides=("epoch", "batch", "bad"))
        epoch, batch, bad = (whole_number(state, key) for key in ("epoch", "batch", "bad"))
        if batch > len(self):
            raise ValueError(f"no such place: batch {batch} of {len(self)} in epoch {epoch}")
        self._epoch, self._handed_out = (epoch + 1, 0) if batch == len(self) else (epoch, batch)
        self._bad.resume(self._epoch, self._handed_out, bad if self._handed_out else 0)
        self._fresh = True

    @cached_property
    def _settings_in_words(self) -> dict[str, str]:
        weights = "" if self._weights is None else fingerprint(self._weights.tobytes())
        return in_words(self.settings) | {"labels": repr(self._labels.kind), "sample_weight": weights}
