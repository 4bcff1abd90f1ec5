"""A batch of samples with images: what a dataset returned, and its images once they are decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastseq.compat.torch.collate import collate
from fastseq.compat.torch.sample_images import check_no_image, check_rest, sources_of, with_images
from fastseq.compat.torch.tensors import as_tensors
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.sources import ListSources


class SampleBatch:
    """The samples of a batch, and what went wrong with them before it was asked for.

    Attributes:
        error: for `result` to raise.
    """

    def __init__(self, indices: Sequence[Any], samples: Sequence[Any], error: Exception | None = None) -> None:
        """Take the samples of these indices, or the error that came instead of them."""
        self._indices = indices
        self._samples = list(samples)
        self._found = [sources_of(sample) for sample in self._samples]
        counts = [len(sources) for sources, _ in self._found]
        # The sample and the place in it of each image: the first ones of all samples, then the second ones.
        self._places = [(i, p) for p in range(max(counts, default=0)) for i, count in enumerate(counts) if p < count]
        self.error = error

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def images(self) -> int:
        """How many images there are."""
        return len(self._places)

    @property
    def numbers(self) -> list[Any]:
        """The index of each image's sample."""
        return [self._indices[i] for i, _ in self._places]

    def check(self, collated: bool) -> None:
        """Refuse images that would not be decoded, and samples that do not go together.

        Args:
            collated: whether `collate` makes the batch, rather than a function of the user's.

        Raises:
            TypeError: for the first such sample.
        """
        forms = []
        for index, sample, (sources, is_several) in zip(self._indices, self._samples, self._found, strict=True):
            if not sources:
                check_no_image(index, sample, may_have_none=not collated)
            elif collated:
                check_rest(index, sample, sources)
            forms.append((_container(sample), is_several, len(sources)))
        other = next((i for i, form in enumerate(forms) if form != forms[0]), None)
        if collated and other is not None:
            raise TypeError(
                f"sample {self._indices[other]} has its images in other places than sample {self._indices[0]}; return "
                "samples of one form, or give a collate_fn"
            )

    def sources(self) -> ListSources:
        """What the images are decoded from."""
        return ListSources([self._found[i][0][p] for i, p in self._places])

    def result(self, pending: PendingBatch | None, collate_fn: Callable[[list[Any]], Any] | None, tensors: bool) -> Any:
        """Wait for the images, and put the batch together; see `DataLoader`.

        Args:
            pending: the images; None if they are not decoded.
            collate_fn: makes a batch of its samples.
            tensors: whether arrays become tensors.

        Raises:
            DecodeError: for the first bad image.
            ValueError: if there are paths but no size to decode them to.
        """
        if self.error is not None:
            raise self.error
        if pending is None:
            if collate_fn is not None:
                return collate_fn(self._samples)
            if self._places:
                raise ValueError(
                    f"sample {self._indices[self._places[0][0]]} begins with a path or bytes: give "
                    "size=(height, width) to have it decoded, or a collate_fn that takes it as it is"
                )
            made = collate(self._samples)
            return as_tensors(made) if tensors else made
        pending.result()
        pending.raise_first()
        if collate_fn is not None:
            return collate_fn(self._with(as_tensors(pending.images) if tensors else pending.images))
        made = self._collated(pending.images)
        return as_tensors(made) if tensors else made

    def _with(self, images: Any) -> list[Any]:
        """The samples, with each image in the place of its file."""
        decoded: list[list[Any]] = [[] for _ in self._samples]
        for image, (i, _) in zip(images, self._places, strict=True):
            decoded[i].append(image)
        return [
            with_images(sample, own, is_several) if own else sample
            for sample, (_, is_several), own in zip(self._samples, self._found, decoded, strict=True)
        ]

    def _collated(self, images: Any) -> Any:
        samples, (sources, is_several) = self._samples, self._found[0]
        count = len(samples)
        decoded = [images[p * count : (p + 1) * count] for p in range(len(sources))] if is_several else images
        container = _container(samples[0])
        if container is Mapping:
            return {
                key: decoded if key == "image" else collate([sample[key] for sample in samples]) for key in samples[0]
            }
        return (decoded, *collate([list(sample[1:]) for sample in samples])) if container is Sequence else decoded


def _container(sample: Any) -> type | None:
    if isinstance(sample, Mapping):
        return Mapping
    return Sequence if isinstance(sample, (tuple, list)) else None
