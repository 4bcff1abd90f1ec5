"""A sequence of transforms, checked against the output size, that draws for many samples at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.order.rng import uniform
from fastseq.transforms.base import Op, Transform
from fastseq.transforms.crops import CenterCrop
from fastseq.transforms.flips import RandomFlip
from fastseq.transforms.resize import PadToAspect, Resize

_NAMES = ("CenterCrop", "RandomFlip", "RandomResizedCrop", "Resize")


class Pipeline:
    """The transforms of a loader, in the order in which they apply.

    Args:
        transforms: one transform, or several.
        size: (height, width) of the output, in pixels.

    Raises:
        TypeError: if something is not a transform.
        ValueError: if the steps do not lead to an image of the output's size.
    """

    def __init__(self, transforms: Transform | Iterable[Transform], size: tuple[int, int]) -> None:
        self.transforms = _as_transforms(transforms)
        _check_pad(self.transforms)
        _check_resize(self.transforms, size)
        self.ops: list[Op] = []
        self.draw_count = 0
        self._streams: dict[int, int] = {}  # how many numbers are drawn from each
        for transform in self.transforms:
            self.ops += transform.ops(self.draw_count)
            self.draw_count += transform.draws
            stream = transform.stream
            while stream in self._streams:  # another transform of the same class
                stream += 256
            if transform.draws:
                self._streams[stream] = transform.draws

    @property
    def pads(self) -> bool:
        """Whether the image is padded."""
        return any(isinstance(transform, PadToAspect) for transform in self.transforms)

    def draw(self, seed: int, epoch: int, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """Draw the random numbers of samples, a pure function of the arguments.

        Each transform draws from a stream of its own, so that adding one does not change what the others draw.

        Args:
            seed: 0 <= seed < 2**64.
            epoch: counted from 0.
            samples: int64 (b,), sample numbers.

        Returns:
            float64 (b, draw_count).
        """
        numbers = [uniform(seed, epoch, samples, stream, count) for stream, count in self._streams.items()]
        return np.concatenate(numbers, axis=1) if numbers else np.empty((len(samples), 0))


def _as_transforms(value: Any) -> tuple[Transform, ...]:
    if isinstance(value, Transform):
        return (value,)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise _not_a_transform(value)
    transforms = tuple(value)
    for transform in transforms:
        if not isinstance(transform, Transform):
            raise _not_a_transform(transform)
    return transforms


_LAYER = "put the layer in the model, or write map=lambda x, y: (layer(x), y)"


def _not_a_transform(value: Any) -> TypeError:
    kind = value if isinstance(value, type) else type(value)
    library = kind.__module__.partition(".")[0]
    if value is None:
        advice = "leave it out for none"
    elif isinstance(value, type) and issubclass(value, Transform):
        advice = f"write {value.__name__}(...)"
    elif kind.__name__ in _NAMES:
        advice = f"write fastseq.{kind.__name__}(...)"
        advice += f", or {_LAYER}" * (library == "keras")
    elif library == "keras":
        advice = _LAYER
    elif callable(value):
        advice = "pass a function of the whole batch as map=...; only fastseq's own transforms run in the native core"
    else:
        advice = f"there are {', '.join(f'fastseq.{name}' for name in _NAMES)}"
    return TypeError(f"transform must be a fastseq transform or a list of them, not {value!r}; {advice}")


def _check_pad(transforms: Sequence[Transform]) -> None:
    places = [i for i, transform in enumerate(transforms) if isinstance(transform, PadToAspect)]
    if places and not all(isinstance(t, RandomFlip) for t in transforms[places[0] + 1 :]):
        raise ValueError("only RandomFlip can follow PadToAspect: an image is resized once")


def _check_resize(transforms: Sequence[Transform], size: tuple[int, int]) -> None:
    places = [i for i, transform in enumerate(transforms) if isinstance(transform, Resize)]
    if not places:
        return
    resize = transforms[places[0]]
    after = [t for t in transforms[places[0] + 1 :] if not isinstance(t, RandomFlip)]
    if len(places) > 1 or any(not isinstance(t, CenterCrop) for t in after):
        raise ValueError("only CenterCrop and RandomFlip can follow Resize: an image is resized once")
    crops = [t.sides for t in after if isinstance(t, CenterCrop)]
    if not crops or crops[-1] != size:
        raise ValueError(f"Resize keeps the aspect ratio: add CenterCrop({size}) after it, the size of the batch")
    assert isinstance(resize, Resize)
    for before, after_it in pairwise(crops):
        if after_it[0] > before[0] or after_it[1] > before[1]:
            raise ValueError(f"CenterCrop({after_it}) is larger than CenterCrop({before}) before it")
    if any(max(sides) > resize.short for sides in crops):
        raise ValueError(f"CenterCrop({max(crops)}) is larger than Resize({resize.short}) before it: resize to more")
