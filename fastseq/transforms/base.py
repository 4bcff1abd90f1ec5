"""The interface of a transform: native operations, and how many random numbers they take."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, Self

from fastseq import arguments
from fastseq.keywords import check_keywords

Op = tuple[int, float, float, float, float, int]

# The kinds of csrc/geometry/geometry.h.
RESIZE_SHORT, CENTER_CROP, RANDOM_RESIZED_CROP, FLIP, CROP_TO_ASPECT, PAD_TO_ASPECT = range(6)

MAX_SIDE = 16384  # pixels; keeps the longer side of any image in 32 bits


class Transform(ABC):
    """A step of a pipeline.

    Attributes:
        draws: how many uniform numbers in [0, 1) it takes for a sample.
        stream: the random stream it draws from, unique to the class; 1 to 255 if it draws any.
    """

    draws: int = 0
    stream: int = 0

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Refuse keywords that another library's transform of this name has, and say what to write instead."""
        check_keywords(kwargs, list(inspect.signature(cls).parameters) if kwargs else ())
        return super().__new__(cls)

    @abstractmethod
    def ops(self, draw: int) -> list[Op]:
        """The native operations; their random numbers start at position `draw` of the sample's."""


def check_side(name: str, value: Any) -> int:
    """A side in pixels, from 1 to `MAX_SIDE`."""
    return arguments.integer(name, value, 1, MAX_SIDE)
