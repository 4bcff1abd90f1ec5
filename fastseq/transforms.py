"""HOW a picture becomes a tensor: declared here, drawn from a counter RNG, run in the native core.

A transform says where in the upright picture the output comes from. All of a pipeline is one resampling of the decoded
picture; none of its steps makes pixels of its own.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastseq.rng import uniform

# The kinds of csrc/geometry.h.
_RESIZE_SHORT, _CENTER_CROP, _RANDOM_RESIZED_CROP, _FLIP, _CROP_TO_ASPECT, _PAD_TO_ASPECT = range(6)

_LARGEST_SIDE = 16384  # pixels; keeps the longer side of any picture in 32 bits

Op = tuple[int, float, float, float, float, int]


class Transform(ABC):
    """A step of a pipeline.

    Attributes:
        draws: how many uniform numbers in [0, 1) a sample needs for it.
        stream: the class's own, that they are drawn from; from 1 to 255 where there are any.
    """

    draws: int = 0
    stream: int = 0

    @abstractmethod
    def ops(self, draw: int) -> list[Op]:
        """The native steps, whose numbers start at place `draw` of the sample's."""


@dataclass(frozen=True)
class Resize(Transform):
    """Resize so that the shorter side has `short` pixels and the aspect ratio stays.

    The longer side is rounded down. A `CenterCrop` must follow, for a batch has one size.
    """

    short: int

    def __post_init__(self) -> None:
        """Check the size."""
        _positive("Resize", self.short)

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        return [(_RESIZE_SHORT, float(self.short), 0.0, 0.0, 0.0, draw)]


@dataclass(frozen=True)
class CenterCrop(Transform):
    """Crop the middle: `size` pixels, one number or (height, width); of an odd rest the larger part is cut after it.

    Before a `Resize` a picture smaller than that is left as it is along that side.
    """

    size: int | tuple[int, int]

    def __post_init__(self) -> None:
        """Check the size."""
        for side in self.sides:
            _positive("CenterCrop", side)

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        height, width = self.sides
        return [(_CENTER_CROP, float(height), float(width), 0.0, 0.0, draw)]


@dataclass(frozen=True)
class RandomResizedCrop(Transform):
    """Crop a random part of the picture, which is then resized to the output's size.

    The rule is that of torchvision's transform of this name: an area within `scale` of the picture's, an aspect ratio
    (width / height, log-uniform) within `ratio`, ten tries, then the largest central crop within `ratio`.
    """

    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    draws = 22
    stream = 1

    def __post_init__(self) -> None:
        """Check both ranges."""
        for name, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if not (0 < low <= high and math.isfinite(high)):
                raise ValueError(f"RandomResizedCrop: {name} must be (low, high), 0 < low <= high, not {(low, high)}")
        if self.scale[1] > 1:
            raise ValueError(f"RandomResizedCrop: scale must be at most 1, not {self.scale[1]}")

    def ops(self, draw: int) -> list[Op]:
        """One native step with 22 numbers."""
        return [(_RANDOM_RESIZED_CROP, *self.scale, *self.ratio, draw)]


@dataclass(frozen=True)
class RandomFlip(Transform):
    """Mirror every second picture: "horizontal" (left to right), "vertical" or "horizontal_and_vertical"."""

    mode: str = "horizontal"
    stream = 2

    def __post_init__(self) -> None:
        """Check the mode."""
        if self.mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ValueError(
                f"RandomFlip: mode must be 'horizontal', 'vertical' or 'horizontal_and_vertical', not {self.mode!r}"
            )

    @property
    def _axes(self) -> list[float]:
        return [float(axis == "horizontal") for axis in self.mode.split("_and_")]

    @property
    def draws(self) -> int:  # type: ignore[override]
        """One number for each axis."""
        return len(self._axes)

    def ops(self, draw: int) -> list[Op]:
        """One native step for each axis, with one number each."""
        return [(_FLIP, 0.5, horizontal, 0.0, 0.0, draw + i) for i, horizontal in enumerate(self._axes)]


@dataclass(frozen=True)
class CropToAspect(Transform):
    """Crop the largest middle part that has the aspect ratio of the output; at least one pixel.

    Attributes:
        float32: whether its sides are computed in float32, as Keras's ``smart_resize`` does for tensors, or in
            integers, as ``keras.utils.load_img(keep_aspect_ratio=True)`` does. They differ by a pixel at times.
    """

    float32: bool = True

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        return [(_CROP_TO_ASPECT, float(self.float32), 0.0, 0.0, 0.0, draw)]


@dataclass(frozen=True)
class PadToAspect(Transform):
    """Resize into the output, keep the aspect ratio, and put zeros around, as ``tf.image.resize_with_pad`` does.

    For the filters of TensorFlow only. A picture so narrow that TensorFlow refuses it keeps one row or column.
    """

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        return [(_PAD_TO_ASPECT, 0.0, 0.0, 0.0, 0.0, draw)]


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


def _positive(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: sizes must be positive integers, not {value!r}")
    if value > _LARGEST_SIDE:
        raise ValueError(f"{name}: sizes must be at most {_LARGEST_SIDE}, not {value}")


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
