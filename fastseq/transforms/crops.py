"""Transforms that keep part of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastseq import arguments
from fastseq.transforms.base import Op, Transform, check_side, native_op, op_draws


@dataclass(frozen=True)
class CenterCrop(Transform):
    """Crop the centre.

    Without a `Resize` before it, an image smaller than the crop keeps its own size on that side, and is then resized to
    the batch.

    Attributes:
        size: pixels of both sides, or (height, width).
        rounding: how an odd margin of m pixels is divided. "down": (m - 1) / 2 pixels are cut at the top or left.
            "torchvision": round(m / 2), which takes halves to even, as torchvision's transform of the same name does:
            one pixel more for m = 3, 7, 11 and so on.
    """

    size: int | tuple[int, int]
    rounding: str = "down"

    def __post_init__(self) -> None:
        arguments.one_of("CenterCrop: rounding", self.rounding, ("down", "torchvision"))
        if arguments.is_integer(self.size):
            object.__setattr__(self, "size", check_side("CenterCrop: size", self.size))
            return
        height, width = arguments.size("CenterCrop: size", self.size)
        sides = check_side("CenterCrop: size", height), check_side("CenterCrop: size", width)
        object.__setattr__(self, "size", sides)

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def ops(self, draw: int) -> list[Op]:
        """One operation without random numbers."""
        height, width = self.sides
        return [native_op("center_crop", draw, height, width, self.rounding == "torchvision")]


@dataclass(frozen=True)
class RandomResizedCrop(Transform):
    """Crop a random part of the image, which is then resized to the size of the batch.

    The rule is that of torchvision's transform of the same name: up to ten attempts to place a crop, then the largest
    central crop whose aspect ratio is within `ratio`.

    Attributes:
        scale: (low, high), the crop's share of the image's area, within (0, 1].
        ratio: (low, high), the crop's aspect ratio width / height; drawn log-uniformly.
    """

    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    draws = op_draws("random_resized_crop")
    stream = 1

    def __post_init__(self) -> None:
        for name, value in (("scale", self.scale), ("ratio", self.ratio)):
            object.__setattr__(self, name, _positive_range(name, value))
        if self.scale[1] > 1:
            raise ValueError(f"RandomResizedCrop: scale must be at most 1, not {self.scale[1]}")

    def ops(self, draw: int) -> list[Op]:
        """One operation with 22 random numbers."""
        return [native_op("random_resized_crop", draw, *self.scale, *self.ratio)]


@dataclass(frozen=True)
class CropToAspect(Transform):
    """Crop the largest central part with the aspect ratio of the output, at least one pixel.

    Attributes:
        float32: whether its sides are computed in float32, as Keras's ``smart_resize`` does for tensors, or in
            integers, as ``keras.utils.load_img(keep_aspect_ratio=True)`` does. The results sometimes differ by a pixel.
    """

    float32: bool = True

    def ops(self, draw: int) -> list[Op]:
        """One operation without random numbers."""
        return [native_op("crop_to_aspect", draw, self.float32)]


def _positive_range(name: str, value: Any) -> tuple[float, float]:
    try:
        low, high = value
    except (TypeError, ValueError):
        hint = "; it takes no size, for the crop is resized to the size of the batch" if name == "scale" else ""
        raise TypeError(f"RandomResizedCrop: {name} must be (low, high), not {value!r}{hint}") from None
    low, high = (arguments.number(f"RandomResizedCrop: {name}", bound) for bound in (low, high))
    if not 0 < low <= high:
        raise ValueError(f"RandomResizedCrop: {name} must be (low, high), 0 < low <= high, not {(low, high)}")
    return low, high
