"""Transforms that keep a part of the image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fastseq.transforms.base import Op, Transform, check_side, native_op, op_draws


@dataclass(frozen=True)
class CenterCrop(Transform):
    """Crop the middle: `size` pixels, one number or (height, width); of an odd rest the larger part is cut after it.

    Before a `Resize` a picture smaller than that is left as it is along that side.
    """

    size: int | tuple[int, int]

    def __post_init__(self) -> None:
        """Check the size."""
        for side in self.sides:
            check_side("CenterCrop", side)

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def ops(self, draw: int) -> list[Op]:
        """One native step, without numbers."""
        height, width = self.sides
        return [native_op("center_crop", draw, height, width)]


@dataclass(frozen=True)
class RandomResizedCrop(Transform):
    """Crop a random part of the picture, which is then resized to the output's size.

    The rule is that of torchvision's transform of this name: an area within `scale` of the picture's, an aspect ratio
    (width / height, log-uniform) within `ratio`, ten tries, then the largest central crop within `ratio`.
    """

    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    draws = op_draws("random_resized_crop")
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
        return [native_op("random_resized_crop", draw, *self.scale, *self.ratio)]


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
        return [native_op("crop_to_aspect", draw, self.float32)]
