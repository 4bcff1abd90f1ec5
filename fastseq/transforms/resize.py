"""Transforms that choose the size an image is resized to before any crop."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq.transforms.base import Op, Transform, check_side, native_op


@dataclass(frozen=True)
class Resize(Transform):
    """Resize so that the shorter side has `short` pixels and the aspect ratio stays.

    The longer side is rounded down. A `CenterCrop` must follow, for a batch has one size.
    """

    short: int

    def __post_init__(self) -> None:
        """Check the size."""
        check_side("Resize", self.short)

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        return [native_op("resize_short", draw, self.short)]


@dataclass(frozen=True)
class PadToAspect(Transform):
    """Resize into the output, keep the aspect ratio, and put zeros around, as ``tf.image.resize_with_pad`` does.

    For the filters of TensorFlow only. A picture so narrow that TensorFlow refuses it keeps one row or column.
    """

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        return [native_op("pad_to_aspect", draw)]
