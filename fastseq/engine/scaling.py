"""From pixel values to the values of a float batch: offset + scale * pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments

Scalars = float | tuple[float, ...]  # one for all channels, or one for each

_STD = (0.229, 0.224, 0.225)  # of ImageNet, for pixels from 0 to 1; so are the means
_MEAN = (0.485, 0.456, 0.406)


@dataclass(frozen=True)
class Scaling:
    """What becomes of pixels.

    Attributes:
        scale: one for each channel.
        offset: one for each channel.
        bgr: whether the channels are swapped first.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    bgr: bool = False

    def lookup_table(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """What the pixel values 0-255 become, (channels, 256) of a float dtype.

        `offset + scale * pixel` is computed in float64 for float64, otherwise in float32 and rounded to the dtype.
        """
        work = np.dtype(np.float64 if dtype == np.float64 else np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            scale, offset = np.array(self.scale, work), np.array(self.offset, work)
            values: NDArray[Any] = offset[:, None] + scale[:, None] * np.arange(256, dtype=work)
            return values.astype(dtype)


# What keras.applications.imagenet_utils.preprocess_input does in each of its modes.
PRESETS = {
    "tf": Scaling((1 / 127.5,) * 3, (-1.0,) * 3),
    "torch": Scaling(
        tuple(1 / (255 * std) for std in _STD), tuple(-mean / std for mean, std in zip(_MEAN, _STD, strict=True))
    ),
    "caffe": Scaling((1.0,) * 3, (-103.939, -116.779, -123.68), bgr=True),
}


def scalars(name: str, value: Any) -> Scalars:
    """One number for all channels as a float, or one for each as a tuple.

    Raises:
        TypeError: if it is neither a number nor a list, tuple or array of numbers.
        ValueError: if a number is not finite.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
        return arguments.number(name, value, hint="or one number for each channel")
    return tuple(arguments.number(name, number) for number in value)


def by_channel(name: str, value: Scalars, channels: int) -> tuple[float, ...]:
    """One number for each channel.

    Raises:
        ValueError: if there are not as many as channels.
    """
    if not isinstance(value, tuple):
        return (value,) * channels
    if len(value) != channels:
        raise ValueError(f"{name} must be one number, or one for each of {channels} channels, not {value!r}")
    return value
