"""The interface of a transform: native operations, and how many random numbers they take."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any

from fastseq import arguments
from fastseq._native import tables
from fastseq._types import Self
from fastseq.keywords import check_keywords

Op = tuple[int, float, float, float, float, int]

_OPS = tables.op_table()

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


def native_op(name: str, draw: int, *parameters: float) -> Op:
    """A native operation, by its name in csrc/geometry/ops.cpp.

    Args:
        name: of the operation.
        draw: the position of its first random number among the sample's.
        parameters: up to four numbers; what they mean is documented with `Op` in csrc/geometry/geometry.h.
    """
    a, b, c, d = (*map(float, parameters), *[0.0] * (4 - len(parameters)))
    return _OPS[name][0], a, b, c, d, draw


def op_draws(name: str) -> int:
    """How many random numbers a sample that operation reads."""
    return _OPS[name][1]


def check_side(name: str, value: Any) -> int:
    """A side in pixels, from 1 to `MAX_SIDE`."""
    return arguments.integer(name, value, 1, MAX_SIDE)
