"""A batch of samples with images: what a dataset returned, and its images once they are decoded."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from fastseq.compat.torch.collate import collate
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.sources import ListSources, check_source


class SampleBatch:
    """The samples of a batch, and what went wrong with them before it was asked for.

    Attributes:
        error: for `result` to raise.
    """

    def __init__(self, indices: Sequence[Any], samples: Sequence[Any], error: Exception | None = None) -> None:
        """Take the samples of these indices, or the error that came instead of them."""
        self._indices = indices
        self._samples = list(samples)
        self._places = [i for i, sample in enumerate(self._samples) if _source(sample) is not None]
        self.error = error

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def images(self) -> int:
        """How many samples have an image."""
        return len(self._places)

    @property
    def numbers(self) -> list[Any]:
        """The indices of the samples that have an image."""
        return [self._indices[i] for i in self._places]

    def check_not_decoded(self) -> None:
        """Refuse images that Pillow has opened, as torchvision's datasets return them, where files are expected.

        Raises:
            TypeError: for the first sample that has one.
        """
        for index, sample in zip(self._indices, self._samples, strict=True):
            first = _first(sample)
            if type(first).__module__.startswith("PIL."):
                check_source(f"sample {index}", first)

    def sources(self) -> ListSources:
        """What the images are decoded from."""
        return ListSources([_source(self._samples[i]) for i in self._places])

    def result(self, pending: PendingBatch | None, collate_fn: Callable[[list[Any]], Any] | None) -> Any:
        """Wait for the images, and put the batch together; see `DataLoader`.

        Args:
            pending: the images; None if they are not decoded.
            collate_fn: makes a batch of its samples.

        Raises:
            DecodeError: for the first bad image.
            ValueError: if there are paths but no size to decode them to.
            TypeError: if some samples have an image and others have not, without a `collate_fn`.
        """
        if self.error is not None:
            raise self.error
        if pending is None:
            if self._places and collate_fn is None:
                raise ValueError(
                    f"sample {self._indices[self._places[0]]} begins with a path or bytes: give "
                    "size=(height, width) to have it decoded, or a collate_fn that takes it as it is"
                )
            return (collate_fn or collate)(self._samples)
        pending.result()
        pending.raise_first()
        if collate_fn is not None:
            for image, place in zip(pending.images, self._places, strict=True):
                self._samples[place] = _with_image(self._samples[place], image)
            return collate_fn(self._samples)
        if len(self._places) < len(self._samples):
            other = self._indices[min(set(range(len(self._samples))) - set(self._places))]
            raise TypeError(f"sample {other} does not begin with a path or bytes, as others of its batch do")
        if not all(isinstance(sample, (tuple, list)) for sample in self._samples):
            return pending.images
        return (pending.images, *collate([list(sample[1:]) for sample in self._samples]))


def _source(sample: Any) -> Any:
    """The path or bytes that a sample is or begins with; None if there is none."""
    first = _first(sample)
    return first if isinstance(first, (str, os.PathLike, bytes, bytearray, memoryview)) else None


def _first(sample: Any) -> Any:
    return sample[0] if isinstance(sample, (tuple, list)) and sample else sample


def _with_image(sample: Any, image: Any) -> Any:
    if not isinstance(sample, (tuple, list)):
        return image
    values = (image, *sample[1:])
    return type(sample)(*values) if hasattr(sample, "_fields") else type(sample)(values)
