"""Transforms that choose the size to which an image is resized before any crop."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq.transforms.base import Op, Transform, check_side, native_op


@dataclass(frozen=True)
class Resize(Transform):
    """Resize so that the shorter side has `short` pixels, keeping the aspect ratio.

    The longer side is rounded down. A `CenterCrop` must follow, since all images of a batch have one size.

    Attributes:
        short: pixels of the shorter side.
    """

    short: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "short", check_side("Resize: short", self.short))

    def ops(self, draw: int) -> list[Op]:
        """One operation without random numbers."""
        return [native_op("resize_short", draw, self.short)]


@dataclass(frozen=True)
class PadToAspect(Transform):
    """Resize to fit into the output, keep the aspect ratio, and pad with zeros, as ``tf.image.resize_with_pad`` does.

    For TensorFlow's filters only. An image so narrow that TensorFlow refuses it keeps one row or column.
    """

    def ops(self, draw: int) -> list[Op]:
        """One operation without random numbers."""
        return [native_op("pad_to_aspect", draw)]
