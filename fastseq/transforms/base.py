"""The interface of a transform: native ops, and how many random numbers they take."""

from __future__ import annotations

from abc import ABC, abstractmethod

Op = tuple[int, float, float, float, float, int]

# The kinds of csrc/geometry/geometry.h.
RESIZE_SHORT, CENTER_CROP, RANDOM_RESIZED_CROP, FLIP, CROP_TO_ASPECT, PAD_TO_ASPECT = range(6)

MAX_SIDE = 16384  # pixels; keeps the longer side of any image in 32 bits


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


def check_side(name: str, value: object) -> None:
    """Raise ValueError, naming the transform, if `value` is not a side in pixels."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: sizes must be positive integers, not {value!r}")
    if value > MAX_SIDE:
        raise ValueError(f"{name}: sizes must be at most {MAX_SIDE}, not {value}")
