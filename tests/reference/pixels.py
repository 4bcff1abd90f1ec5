"""The library calls that each filter is documented to match."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import PIL
import pytest
from PIL import Image

from reference import cv2_linear
from reference.pil import rows_first

Pixels = npt.NDArray[np.uint8]

IS_OLD_PILLOW = int(PIL.__version__.partition(".")[0]) < 13


def decode_cv2(
    data: bytes,
    color: Literal["rgb", "bgr", "gray"] = "rgb",
    orient: Literal["exif", "none", "landscape"] = "exif",
) -> Pixels:
    """Decode a whole image with ``cv2.imdecode``.

    Args:
        data: The file's bytes.
        color: The channel order; ``"gray"`` is the decoder's own luma.
        orient: ``"exif"`` applies the EXIF orientation, ``"none"`` ignores it, ``"landscape"`` applies it
            and then rotates an image that is taller than wide with ``np.rot90``.

    Returns:
        uint8 pixels of shape (height, width, 3), or (height, width, 1) for gray.

    Raises:
        ValueError: If cv2 cannot decode the bytes.
    """
    flags = cv2.IMREAD_GRAYSCALE if color == "gray" else cv2.IMREAD_COLOR
    if orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    # cv2 raises on an empty buffer and returns None for any other buffer that it cannot read.
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise ValueError(f"cv2 cannot decode these {len(data)} bytes")
    if color == "gray":
        image = image[:, :, np.newaxis]
    elif color == "rgb":
        image = image[:, :, ::-1]
    if orient == "landscape" and image.shape[0] > image.shape[1]:
        image = np.rot90(image)
    return np.ascontiguousarray(image, dtype=np.uint8)


def resize_cv2_linear(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize with two taps, ``cv2.INTER_LINEAR`` as it is on x86.

    Args:
        image: uint8 pixels of shape (height, width, channels).
        size: (height, width) of the result.

    Returns:
        uint8 pixels of shape (*size, channels).
    """
    if not cv2_linear.is_that_of_x86():
        return cv2_linear.resize(image, size)
    return _resize_cv2(image, size, cv2.INTER_LINEAR)


def resize_cv2_nearest(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize with ``cv2.INTER_NEAREST``; arguments and result as in `resize_cv2_linear`."""
    return _resize_cv2(image, size, cv2.INTER_NEAREST)


def resize_cv2_area(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize with ``cv2.INTER_AREA``; arguments and result as in `resize_cv2_linear`.

    Where OpenCV's bits are not those of x86, as on ARM, the test ends here: digests are the reference there.
    """
    if not cv2_linear.is_that_of_x86():
        pytest.skip("OpenCV differs on this processor: native/test_golden.py checks cv2.area by the digests of x86")
    return _resize_cv2(image, size, cv2.INTER_AREA)


def resize_pil(image: Pixels, size: tuple[int, int], name: str, box: tuple[int, int, int, int] | None = None) -> Pixels:
    """Resize with one of Pillow's filters, as Pillow 13 does.

    Args:
        image: uint8 pixels of shape (height, width, channels), with 1 or 3 channels.
        size: (height, width) of the result.
        name: ``"nearest"``, ``"box"``, ``"bilinear"``, ``"hamming"``, ``"bicubic"`` or ``"lanczos"``.
        box: The part to resize, (left, top, right, bottom); the filter reaches beyond it.

    Returns:
        uint8 pixels of shape (*size, channels).
    """
    source = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    resized = np.asarray(resize_by_pillow(source, size, name, box))
    return resized.reshape(*size, image.shape[2])


def resize_by_pillow(
    image: Image.Image, size: tuple[int, int], name: str, box: tuple[int, int, int, int] | None = None
) -> Image.Image:
    """Resize as Pillow 13 does, with the Pillow that is installed.

    Older versions always resize horizontally first, and before 10.3 they have no filters for 16 bits.

    Args:
        image: Of any mode; the result for I;16 may be of mode I, with the same values unless a filter overshoots.
        size: (height, width) of the result.
        name: As in `resize_pil`.
        box: Likewise.
    """
    height, width = size
    filter_ = Image.Resampling[name.upper()]
    left, top, right, bottom = box or (0, 0, *image.size)
    if IS_OLD_PILLOW and name != "nearest":
        image = image.convert("I") if image.mode == "I;16" else image
        if rows_first((image.height, image.width), size):
            image = image.resize((image.width, height), filter_, (0, top, image.width, bottom))
            top, bottom = 0, height
    return image.resize((width, height), filter_, (left, top, right, bottom))


def resize_pil_bilinear(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize with Pillow's BILINEAR, a triangle filter with antialiasing.

    Arguments and result as in `resize_cv2_linear`; 1 or 3 channels.
    """
    return resize_pil(image, size, "bilinear")


def psnr(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the peak signal-to-noise ratio of two 8-bit images of the same shape in dB; infinite if they are equal."""
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"the shapes differ: {first.shape} and {second.shape}")
    error = float(np.mean((first - second) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def _resize_cv2(image: Pixels, size: tuple[int, int], interpolation: int) -> Pixels:
    height, width = size
    resized: Any = cv2.resize(image, (width, height), interpolation=interpolation)
    return np.asarray(resized, np.uint8).reshape(height, width, image.shape[2])
