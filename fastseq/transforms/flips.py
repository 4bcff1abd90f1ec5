"""Transforms that mirror the image."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq import arguments
from fastseq.transforms.base import Op, Transform, native_op


@dataclass(frozen=True)
class RandomFlip(Transform):
    """Mirror an image with probability 1/2, for each direction on its own.

    Attributes:
        mode: "horizontal" (left to right), "vertical", or "horizontal_and_vertical".
    """

    mode: str = "horizontal"
    stream = 2

    def __post_init__(self) -> None:
        arguments.one_of("RandomFlip: mode", self.mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    @property
    def _axes(self) -> list[float]:
        return [float(axis == "horizontal") for axis in self.mode.split("_and_")]

    @property
    def draws(self) -> int:  # type: ignore[override]
        """One random number for each direction."""
        return len(self._axes)

    def ops(self, draw: int) -> list[Op]:
        """One operation with one random number for each direction."""
        return [native_op("flip", draw + i, 0.5, horizontal) for i, horizontal in enumerate(self._axes)]
