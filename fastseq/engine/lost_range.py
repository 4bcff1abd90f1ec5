"""What a batch cannot hold of the values in its images, and the warning about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.engine.settings import Settings

_FLOAT = "write dtype='float32'"
_MAX_HALF = float(np.finfo(np.float16).max)
_MAX_EXACT = 1 << 24  # integers up to here are floats of 32 bits


def high_byte_warning(settings: Settings) -> str:
    """What a batch loses of images with 16 bits that become bytes, with the remedy."""
    return (
        f"{_cause(settings)} keeps only the high byte of images with 16 bits: 0..4095 becomes 0..15; for their values "
        "write dtype='uint16', or dtype='float32' with a scale, such as scale=1 / 65535, and color='gray' or 'rgb'"
    )


def clipping_warning(values: NDArray[Any], settings: Settings) -> str:
    """What a batch loses of values that are clipped to bytes, with the remedy."""
    cause, given = _cause(settings), f"images of {values.dtype.name}"
    return f"{cause} rounds and clips {given} to 0..255; {_FLOAT} and color='gray' or 'rgb'"


def _cause(settings: Settings) -> str:
    return "dtype='uint8'" if settings.numpy_dtype == np.uint8 else f"color={settings.color!r}"


def range_warning(values: NDArray[Any], settings: Settings) -> str:
    """What a batch loses of values that it takes as they are, with the remedy; "" if it loses nothing."""
    dtype = settings.numpy_dtype
    if not values.size:
        return ""
    with np.errstate(invalid="ignore"):
        low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    given = f"images of {values.dtype.name}"
    if dtype.kind == "u":
        top = np.iinfo(dtype).max
        if not (low >= 0 and high <= top) or (values.dtype.kind == "f" and np.isnan(values).any()):
            return f"dtype={dtype.name!r} holds 0..{top}, and what lies outside in {given} is clipped; {_FLOAT}"
        if values.dtype.kind == "f":
            return f"dtype={dtype.name!r} rounds the fractions in {given}; {_FLOAT}"
    elif dtype == np.float16 and max(_scaled(low, settings), _scaled(high, settings)) > _MAX_HALF:
        return f"dtype='float16' holds no more than {_MAX_HALF:.0f}, and larger values in {given} become inf; {_FLOAT}"
    elif values.dtype.kind in "ui" and max(abs(low), abs(high)) > _MAX_EXACT:
        return f"values above {_MAX_EXACT} in {given} are rounded to float32"
    return ""


def _scaled(value: float, settings: Settings) -> float:
    scaling = settings.scaling
    return float(np.abs(np.add(scaling.offset, np.multiply(scaling.scale, value))).max())


class LostRange:
    """Warns once of each way in which the batches of one decoder lose values."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}
        self._warned: dict[str, object] = {}

    def add(self, lost: str) -> None:
        """Take what was lost of an image, "" for nothing; from any thread."""
        if lost:
            self._found.setdefault(lost)

    def warn(self) -> None:
        """Warn of what is new, in the thread that takes the batch."""
        me = object()
        for lost in list(self._found):
            if self._warned.setdefault(lost, me) is me:  # no other thread was first
                warn_user(lost, UserWarning)
