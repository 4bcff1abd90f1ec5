"""A batch of samples with pictures: what a dataset gave, and its pictures under way."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastseq.compat.torch.collate import collate
from fastseq.engine.batch_memory import Lender
from fastseq.engine.decode_batch import Source, begin_sources, check_source, path_of
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.settings import Settings
from fastseq.engine.threads import Threads


@dataclass(frozen=True)
class Decoding:
    """How the pictures of an epoch are decoded."""

    settings: Settings
    lender: Lender
    seed: int
    epoch: int
    threads: Threads

    def begin(self, sources: Sequence[Source], numbers: Sequence[Any], needed: bool) -> PendingBatch | None:
        """Begin to decode; `numbers` are the samples'. None where there is no memory for what is not needed."""
        images = self.lender.images(self.settings, len(sources), needed)
        if images is None:
            return None
        draws = self.settings.pipeline.draw(self.seed, self.epoch, np.asarray(numbers))
        return begin_sources(sources, self.settings, images, draws, self.threads, urgent=needed)


class SampleBatch:
    """The samples of a batch; their pictures are decoded once `begin` was called.

    What goes wrong before `result` is kept for it to raise.
    """

    def __init__(
        self,
        indices: Sequence[Any],
        samples: Sequence[Any],
        decoding: Decoding | None,
        error: Exception | None = None,
    ) -> None:
        """Take the samples of those indices, or the error that came instead of them."""
        self._indices = indices
        self._samples = list(samples)
        self._decoding = decoding
        self._error = error
        self._places = [i for i, sample in enumerate(self._samples) if _source(sample) is not None]
        self._pending: PendingBatch | None = None
        self._pid = 0  # of the process that decodes

    def __len__(self) -> int:
        """The number of samples."""
        return len(self._indices)

    def begin(self, needed: bool) -> bool:
        """Begin to decode, if that was not done in this process; whether there was memory for it. Never waits."""
        if self._error is not None or self._decoding is None or not self._places:
            return True
        if (pending := self.under_way) is not None:
            pending.poll()
            return True
        sources = [_source(self._samples[i]) for i in self._places]
        try:
            self._pending = self._decoding.begin(sources, [self._indices[i] for i in self._places], needed)
        except Exception as error:
            self._error = error
            return True
        self._pid = os.getpid()
        return self._pending is not None

    def result(self, collate_fn: Callable[[list[Any]], Any] | None) -> Any:
        """Wait for the pictures, and make the batch; see `DataLoader`.

        Raises:
            DecodeError: for the first bad picture.
            ValueError: if there are paths but no size to decode them to.
            TypeError: if some samples have a picture and others have not, without a `collate_fn`.
        """
        if self._error is not None:
            raise self._error
        if self._pending is None:
            if self._places and collate_fn is None:
                raise ValueError(
                    f"sample {self._indices[self._places[0]]} begins with a path or bytes: give "
                    "size=(height, width) to have it decoded, or a collate_fn that takes it as it is"
                )
            if self._decoding is not None and collate_fn is None:
                self._check_not_decoded()
            return (collate_fn or collate)(self._samples)
        self._pending.result()
        self._pending.raise_first(self._source_at)
        images = self._pending.images
        if collate_fn is not None:
            for image, place in zip(images, self._places, strict=True):
                self._samples[place] = _with_picture(self._samples[place], image)
            return collate_fn(self._samples)
        if len(self._places) < len(self._samples):
            other = self._indices[min(set(range(len(self._samples))) - set(self._places))]
            raise TypeError(f"sample {other} does not begin with a path or bytes, as others of its batch do")
        if not all(isinstance(sample, (tuple, list)) for sample in self._samples):
            return images
        return (images, *collate([list(sample[1:]) for sample in self._samples]))

    def _check_not_decoded(self) -> None:
        """Refuse images that Pillow has opened, as torchvision's datasets give them, where files are expected."""
        for index, sample in zip(self._indices, self._samples, strict=True):
            first = _first(sample)
            if type(first).__module__.startswith("PIL."):
                check_source(f"sample {index}", first)

    @property
    def under_way(self) -> PendingBatch | None:
        """Its pictures, if this process has begun them."""
        return self._pending if self._begun_here() else None

    def _begun_here(self) -> bool:
        return self._pid == os.getpid()

    def _source_at(self, i: int) -> tuple[Any, Any]:
        place = self._places[i]
        return path_of(_source(self._samples[place])), self._indices[place]


def _source(sample: Any) -> Any:
    """The path or bytes that a sample is or begins with; None where there is none."""
    first = _first(sample)
    return first if isinstance(first, (str, os.PathLike, bytes, bytearray, memoryview)) else None


def _first(sample: Any) -> Any:
    return sample[0] if isinstance(sample, (tuple, list)) and sample else sample


def _with_picture(sample: Any, image: Any) -> Any:
    if not isinstance(sample, (tuple, list)):
        return image
    values = (image, *sample[1:])
    return type(sample)(*values) if hasattr(sample, "_fields") else type(sample)(values)
