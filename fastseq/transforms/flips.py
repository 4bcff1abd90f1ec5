"""Transforms that mirror the image."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq.transforms.base import Op, Transform, native_op


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
        return [native_op("flip", draw + i, 0.5, horizontal) for i, horizontal in enumerate(self._axes)]
