"""The settings that make pixels of files, checked once and handed to the native core as one recipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq._native import tables
from fastseq._native.recipe import Recipe
from fastseq.limits import Limits
from fastseq.transforms import Pipeline, Transform


class Color(NamedTuple):
    """What a value of `color` means."""

    channels: int
    bgr: bool
    pillow_colors: bool


INTERPOLATIONS = tables.interpolations()
ORIENTS = tables.orients()
COLORS = {name: Color(*mode) for name, mode in tables.color_table().items()}
_STRICT = tables.strictnesses()
STRICTNESS = {False: _STRICT["accept_damaged"], True: _STRICT["reject_damaged"], "whole": _STRICT["reject_truncated"]}
DATA_FORMATS = ("channels_last", "channels_first")
DTYPES = ("uint8", "float16", "float32", "float64")


@dataclass(frozen=True)
class Settings:
    """How a picture becomes a tensor.

    Attributes:
        size: (height, width) of the output, pixels.
        transform: steps of `fastseq.transforms`, in their order.
        interpolation: which pixels one gets; a key of `INTERPOLATIONS`.
        orient: "exif" (upright), "none" (as stored), or "landscape" (upright, then np.rot90 where height > width).
        color: "rgb", "bgr" or "gray" (the file's own luma); "pil.rgb" or "pil.gray": as Pillow's `convert` makes RGB of
            CMYK, and gray of RGB.
        dtype: uint8 (values 0-255), float16, float32 or float64.
        scale: of float dtypes: a value is `offset + scale * pixel`, with pixel 0-255. Pixels are whole numbers, but for
            the "tf." filters, whose float32 results are rounded for uint8 only.
        offset: see scale.
        data_format: "channels_last" or "channels_first".
        strict: whether a picture that decodes with warnings, or is cut off, is bad; "whole": only one that is cut off,
            which is what Pillow and TensorFlow refuse.
        limits: what one sample may cost.
        augment: for the drop-ins of `fastseq.compat`: the fields of csrc/augment.h's Augment; the pictures are float32
            then, and a sample's numbers are its AugmentDraws.

    Raises:
        ValueError: if a value is not among those above; the message lists what is.
    """

    size: tuple[int, int]
    transform: Transform | Iterable[Transform] = ()
    interpolation: str = "antialias"
    orient: str = "exif"
    color: str = "rgb"
    dtype: DTypeLike = "uint8"
    scale: float = 1.0
    offset: float = 0.0
    data_format: str = "channels_last"
    strict: bool | str = True
    limits: Limits = field(default_factory=Limits)
    augment: tuple[int, float, bool, float, bool, int] | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        height, width = _size(self.size)
        object.__setattr__(self, "size", (height, width))
        _one_of("interpolation", self.interpolation, INTERPOLATIONS)
        _one_of("orient", self.orient, ORIENTS)
        _one_of("color", self.color, COLORS)
        _one_of("strict", self.strict, STRICTNESS)
        _one_of("data_format", self.data_format, DATA_FORMATS)
        object.__setattr__(self, "dtype", self.numpy_dtype.name)
        _one_of("dtype", self.numpy_dtype.name, DTYPES)
        object.__setattr__(self, "scale", float(self.scale))
        object.__setattr__(self, "offset", float(self.offset))
        if self.numpy_dtype == np.uint8 and (self.scale, self.offset) != (1.0, 0.0):
            raise ValueError("scale and offset need a float dtype, e.g. dtype='float32'")
        object.__setattr__(self, "transform", self.pipeline.transforms)
        if self.pipeline.pads and not self.interpolation.startswith("tf."):
            raise ValueError(f"PadToAspect needs one of TensorFlow's filters, not interpolation={self.interpolation!r}")

    @cached_property
    def pipeline(self) -> Pipeline:
        """The transforms, checked against the size."""
        return Pipeline(self.transform, self.size)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype of a batch."""
        return np.dtype(self.dtype)

    @property
    def channels(self) -> int:
        """1 for gray, else 3."""
        return COLORS[self.color].channels

    def batch_shape(self, samples: int) -> tuple[int, int, int, int]:
        """The shape of a batch of so many samples."""
        height, width = self.size
        if self.data_format == "channels_first":
            return samples, self.channels, height, width
        return samples, height, width, self.channels

    def lookup(self) -> NDArray[np.uint8]:
        """What each of the 256 pixel values becomes, as bytes; empty for uint8.

        float64 is computed as such, the others in float32: `offset + scale * pixel`, rounded to the dtype.
        """
        dtype = self.numpy_dtype
        if dtype == np.uint8:
            return np.empty(0, np.uint8)
        work = np.dtype(np.float64 if dtype == np.float64 else np.float32)
        offset, scale = np.array([self.offset, self.scale], work)
        values: NDArray[Any] = offset + scale * np.arange(256, dtype=work)
        return values.astype(dtype).view(np.uint8)

    @cached_property
    def recipe(self) -> Recipe:
        """The same for the native core."""
        height, width = self.size
        return Recipe(
            height,
            width,
            self.channels,
            channels_first=self.data_format == "channels_first",
            item_bytes=self.numpy_dtype.itemsize,
            lookup=self.lookup(),
            scale=self.scale,
            offset=self.offset,
            bgr=COLORS[self.color].bgr,
            interpolation=INTERPOLATIONS[self.interpolation],
            orient=ORIENTS[self.orient],
            strict=STRICTNESS[self.strict],
            ops=self.pipeline.ops,
            limits=asdict(self.limits),
            pillow_colors=COLORS[self.color].pillow_colors,
            augment=self.augment,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what is derived, which another process derives again."""
        return {key: value for key, value in self.__dict__.items() if key not in ("recipe", "pipeline")}


def _size(size: Any) -> tuple[int, int]:
    try:
        height, width = (int(side) for side in size)
        if (height, width) == tuple(size) and height > 0 and width > 0:
            return height, width
    except (TypeError, ValueError):
        pass
    raise ValueError(f"size must be (height, width) in pixels, not {size!r}")


def _one_of(name: str, value: object, known: Iterable[object]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, not {value!r}")
