"""The interface of a transform: native ops, and how many random numbers they take."""

from __future__ import annotations

from abc import ABC, abstractmethod

from fastseq._native import tables

Op = tuple[int, float, float, float, float, int]

_OPS = tables.op_table()

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


def native_op(name: str, draw: int, *parameters: float) -> Op:
    """A native step, by its name in csrc/geometry/ops.cpp.

    Args:
        name: of the step.
        draw: the place of its first random number among the sample's.
        parameters: up to four numbers; what they mean is documented with `Op` in csrc/geometry/geometry.h.
    """
    a, b, c, d = (*map(float, parameters), *[0.0] * (4 - len(parameters)))
    return _OPS[name][0], a, b, c, d, draw


def op_draws(name: str) -> int:
    """How many random numbers a sample that step reads."""
    return _OPS[name][1]


def check_side(name: str, value: object) -> None:
    """Raise ValueError, naming the transform, if `value` is not a side in pixels."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: sizes must be positive integers, not {value!r}")
    if value > MAX_SIDE:
        raise ValueError(f"{name}: sizes must be at most {MAX_SIDE}, not {value}")
