"""Pixels: what the decoders of formats other than JPEG return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.settings import Settings


class Pixels(NamedTuple):
    """A decoded image.

    Attributes:
        values: (height, width, 1 or 3), upright; uint8, or any other dtype for values that are resampled as they are.
        bgr: the order of three channels.
        lost: what the batch cannot hold of the image, for a warning; "" for nothing.
    """

    values: NDArray[Any]
    bgr: bool = False
    lost: str = ""


Decode: TypeAlias = Callable[[memoryview, Settings], Pixels]
"""Decodes the contents of a file; may raise anything, which means damage unless it is one of the errors below."""


class UnsupportedError(Exception):
    """An image that nothing installed decodes."""


class NotAMaskError(Exception):
    """An image without ids, or with ids that the batch cannot hold."""


def three_dimensional(image: NDArray[Any]) -> NDArray[Any]:
    """An image of any number of channels as (height, width, 1 or 3): without alpha, or further bands."""
    channels = image.reshape(*image.shape[:2], -1)
    return np.ascontiguousarray(channels[:, :, :3] if channels.shape[2] >= 3 else channels[:, :, :1])
