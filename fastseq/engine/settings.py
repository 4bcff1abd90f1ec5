"""The settings that make pixels of files, checked once and handed to the native core as one recipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq import arguments
from fastseq._lazy import lazy_property
from fastseq._native import tables
from fastseq._native.recipe import Recipe
from fastseq.engine.scaling import PRESETS, Scalars, Scaling, by_channel, scalars
from fastseq.limits import Limits
from fastseq.transforms import Pipeline, Transform


class Color(NamedTuple):
    """What a value of `color` means."""

    channels: int
    bgr: bool
    pillow_colors: bool
    has_ids: bool


INTERPOLATIONS = tables.interpolations()
ORIENTS = tables.orients()
COLORS = {name: Color(*mode) for name, mode in tables.color_table().items()}
_STRICT = tables.strictnesses()
STRICTNESS = {False: _STRICT["accept_damaged"], True: _STRICT["reject_damaged"], "whole": _STRICT["reject_truncated"]}
DATA_FORMATS = ("channels_last", "channels_first")
DTYPES = ("uint8", "uint16", "float16", "float32", "float64")


@dataclass(frozen=True)
class Settings:
    """How an image becomes a tensor.

    `PixelSettings` documents the fields that users set. Pixels are integers, except that the "tf." filters give float32
    fractions, as do all filters of images of more than 8 bits; they are rounded for uint8 and uint16 only.

    Attributes:
        size: (height, width) of the output, in pixels.
        augment: for the drop-ins in `fastseq.compat`: the fields of the core's `Augment`. The images are float32 then,
            and a sample's draws are its `AugmentDraws`.
        native_png: whether the core decodes PNGs, as OpenCV does. Drop-ins that promise the pixels of another decoder
            leave them to it.

    Raises:
        TypeError: if a value has the wrong type.
        ValueError: if a value is impossible; the message says what is possible.
    """

    size: tuple[int, int]
    transform: Transform | Iterable[Transform] = ()
    interpolation: str = "antialias"
    orient: str = "exif"
    color: str = "rgb"
    dtype: DTypeLike = "uint8"
    scale: Scalars = 1.0
    offset: Scalars = 0.0
    preset: str | None = None
    data_format: str = "channels_last"
    strict: bool | str = "whole"
    limits: Limits = field(default_factory=Limits)
    augment: tuple[int, float, bool, float, bool, int] | None = None
    native_png: bool = True

    def __post_init__(self) -> None:
        checked = {
            "size": arguments.size("size", self.size),
            "interpolation": arguments.one_of("interpolation", self.interpolation, INTERPOLATIONS),
            "orient": arguments.one_of("orient", self.orient, ORIENTS),
            "color": arguments.one_of("color", self.color, COLORS),
            "dtype": arguments.one_of("dtype", _dtype_name(self.dtype), DTYPES),
            "scale": scalars("scale", self.scale),
            "offset": scalars("offset", self.offset),
            "preset": arguments.one_of("preset", self.preset, (None, *PRESETS)),
            "data_format": arguments.one_of("data_format", self.data_format, DATA_FORMATS),
            "strict": arguments.one_of("strict", self.strict, STRICTNESS),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if not isinstance(self.limits, Limits):
            raise TypeError(f"limits must be a fastseq.Limits, not {self.limits!r}")
        if self.numpy_dtype.kind == "u" and (self.scale, self.offset, self.preset) != (1.0, 0.0, None):
            raise ValueError("scale, offset and preset need a float dtype, e.g. dtype='float32'")
        if not np.isfinite(self.lookup()).all():
            raise ValueError(
                f"scale={self.scale!r} and offset={self.offset!r} give values that {self.dtype} cannot hold"
            )
        if COLORS[self.color].has_ids and not self.interpolation.endswith(".nearest"):
            raise ValueError(
                f"color='index' needs a nearest filter, as others would mix ids: write interpolation='pil.nearest' (or "
                f"'cv2.nearest', 'tf.nearest'), not {self.interpolation!r}"
            )
        object.__setattr__(self, "transform", self.pipeline.transforms)
        if self.pipeline.pads and not self.interpolation.startswith("tf."):
            raise ValueError(f"PadToAspect needs one of TensorFlow's filters, not interpolation={self.interpolation!r}")

    @lazy_property
    def pipeline(self) -> Pipeline:
        """The transforms, checked against the size and each other."""
        return Pipeline(self.transform, self.size)

    @lazy_property
    def scaling(self) -> Scaling:
        """What the preset does, or scale and offset.

        Raises:
            ValueError: if both are given, or not one number for each channel.
        """
        if self.preset is None:
            scale = by_channel("scale", self.scale, self.channels)
            return Scaling(scale, by_channel("offset", self.offset, self.channels))
        if (self.scale, self.offset, self.color) != (1.0, 0.0, "rgb"):
            raise ValueError(f"preset={self.preset!r} sets scale, offset and color: leave them out")
        return PRESETS[self.preset]

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype of a batch."""
        return np.dtype(self.dtype)

    @property
    def warns_of_damage(self) -> bool:
        """Whether to warn of images that were decoded from damaged data: unless the user asked for all that decode."""
        return self.strict is not False

    @property
    def channels(self) -> int:
        """1 for gray, else 3."""
        return COLORS[self.color].channels

    @property
    def bgr(self) -> bool:
        """Whether blue comes first."""
        return COLORS[self.color].bgr or self.scaling.bgr

    def batch_shape(self, samples: int) -> tuple[int, int, int, int]:
        """The shape of a batch with that many samples."""
        height, width = self.size
        if self.data_format == "channels_first":
            return samples, self.channels, height, width
        return samples, height, width, self.channels

    def lookup(self) -> NDArray[Any]:
        """The output values for the pixel values 0-255, (channels, 256) of the batch's dtype; empty for uint8."""
        if self.numpy_dtype == np.uint8:
            return np.empty(0, np.uint8)
        return self.scaling.lookup_table(self.numpy_dtype)

    def black(self) -> NDArray[Any]:
        """What the pixel value 0 becomes, in a shape that broadcasts to an image of the batch."""
        values = np.array(self.scaling.offset, self.numpy_dtype)
        return values[:, None, None] if self.data_format == "channels_first" else values

    @lazy_property
    def recipe(self) -> Recipe:
        """The settings as the native core takes them."""
        return self.make_recipe()

    def make_recipe(self, **changed: Any) -> Recipe:
        """The recipe, with another `size` or other values for some of its keyword arguments."""
        arguments = {
            "channels_first": self.data_format == "channels_first",
            "item_bytes": self.numpy_dtype.itemsize,
            "lookup": self.lookup().tobytes(),
            "scale": self.scaling.scale,
            "offset": self.scaling.offset,
            "bgr": self.bgr,
            "interpolation": INTERPOLATIONS[self.interpolation],
            "orient": ORIENTS[self.orient],
            "strict": STRICTNESS[self.strict],
            "ops": self.pipeline.ops,
            "limits": asdict(self.limits),
            "pillow_colors": COLORS[self.color].pillow_colors,
            "index": COLORS[self.color].has_ids,
            "uint16_items": self.numpy_dtype == np.uint16,
            "native_png": self.native_png,
            "augment": self.augment,
        }
        height, width = changed.pop("size", self.size)
        return Recipe(height, width, self.channels, **{**arguments, **changed})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is derived: another process derives it again."""
        return {key: value for key, value in self.__dict__.items() if key not in ("recipe", "pipeline", "scaling")}


def _dtype_name(dtype: Any) -> object:
    """NumPy's name of a dtype; any other value is returned unchanged, for the check to reject."""
    try:
        return np.dtype(dtype).name if dtype is not None else None  # NumPy takes None for float64
    except TypeError:
        return dtype
