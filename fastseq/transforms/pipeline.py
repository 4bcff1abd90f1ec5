"""A sequence of transforms, checked against the output size and drawn for many samples at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastseq.order.rng import uniform
from fastseq.transforms.base import Op, Transform
from fastseq.transforms.crops import CenterCrop
from fastseq.transforms.flips import RandomFlip
from fastseq.transforms.resize import PadToAspect, Resize


class Pipeline:
    """The transforms of a loader, checked against its output size.

    Raises:
        TypeError: if something is not a transform.
        ValueError: if the steps do not lead to a picture of the output's size.
    """

    def __init__(self, transforms: Transform | Iterable[Transform], size: tuple[int, int]) -> None:
        """Check the steps, in the order in which they apply, for an output of `size` (height, width)."""
        self.transforms: Sequence[Transform] = (transforms,) if isinstance(transforms, Transform) else tuple(transforms)
        for transform in self.transforms:
            if not isinstance(transform, Transform):
                raise TypeError(f"not a transform: {transform!r}; use fastseq.RandomFlip() and the like")
        _check_pad(self.transforms)
        _check_resize(self.transforms, size)
        self.ops: list[Op] = []
        self.draw_count = 0
        self._streams: dict[int, int] = {}  # and how many numbers of each
        for transform in self.transforms:
            self.ops += transform.ops(self.draw_count)
            self.draw_count += transform.draws
            stream = transform.stream
            while stream in self._streams:  # a second one of its class
                stream += 256
            if transform.draws:
                self._streams[stream] = transform.draws

    @property
    def pads(self) -> bool:
        """Whether there is something around the picture."""
        return any(isinstance(transform, PadToAspect) for transform in self.transforms)

    def draw(self, seed: int, epoch: int, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """The numbers of `samples` (b,) in an epoch: float64 (b, draw_count), a pure function of its arguments.

        Each transform draws from a stream of its own, so that adding one does not change what the others draw.
        """
        numbers = [uniform(seed, epoch, samples, stream, count) for stream, count in self._streams.items()]
        return np.concatenate(numbers, axis=1) if numbers else np.empty((len(samples), 0))


def _check_pad(transforms: Sequence[Transform]) -> None:
    places = [i for i, transform in enumerate(transforms) if isinstance(transform, PadToAspect)]
    if places and not all(isinstance(t, RandomFlip) for t in transforms[places[0] + 1 :]):
        raise ValueError("after PadToAspect only RandomFlip can follow: a picture is resized once")


def _check_resize(transforms: Sequence[Transform], size: tuple[int, int]) -> None:
    places = [i for i, transform in enumerate(transforms) if isinstance(transform, Resize)]
    if not places:
        return
    resize = transforms[places[0]]
    after = [t for t in transforms[places[0] + 1 :] if not isinstance(t, RandomFlip)]
    if len(places) > 1 or any(not isinstance(t, CenterCrop) for t in after):
        raise ValueError("after Resize only CenterCrop and RandomFlip can follow: a picture is resized once")
    crops = [t.sides for t in after if isinstance(t, CenterCrop)]
    if not crops or crops[-1] != size:
        raise ValueError(f"Resize keeps the aspect ratio: let CenterCrop({size}) follow, the size of the batch")
    assert isinstance(resize, Resize)
    for before, after_it in pairwise(crops):
        if after_it[0] > before[0] or after_it[1] > before[1]:
            raise ValueError(f"CenterCrop({after_it}) takes more than CenterCrop({before}) before it leaves")
    if any(max(sides) > resize.short for sides in crops):
        raise ValueError(f"Resize({resize.short}) leaves less than CenterCrop({max(crops)}) takes: resize to more")
