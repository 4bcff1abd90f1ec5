"""Decoding with Pillow, where it is installed, of what OpenCV does not decode."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fastseq.engine.header import Header
from fastseq.engine.pixels import UnsupportedError
from fastseq.engine.settings import Settings
from fastseq.engine.tiff_layout import TiffLayout

_WIDE = ("I", "F")  # modes of more than 8 bits begin with one of these
_NEWER = {"AVIF": "pillow>=11.3"}


def decode_after_opencv(data: memoryview, header: Header, settings: Settings, mode: str | None) -> NDArray[Any]:
    """What `decode_by_pillow` gives, for a file that OpenCV did not decode.

    Both have libtiff: what OpenCV refuses of the TIFFs that it knows is damaged, and Pillow would only print why.

    Raises:
        ValueError: if the file is damaged.
        Exception: as `decode_by_pillow` does.
    """
    if header.format == "TIFF" and (header.tiff is None or _opencv_knows(header.tiff)):
        raise ValueError("OpenCV does not decode it")
    return decode_by_pillow(data, header, settings, mode)


def _opencv_knows(tiff: TiffLayout) -> bool:
    return tiff.samples <= 4 and tiff.dtype in ("uint8", "uint16", "float32", "float64")


def decode_by_pillow(data: memoryview, header: Header, settings: Settings, mode: str | None) -> NDArray[Any]:
    """The first frame, upright if `settings` say so.

    Args:
        data: the file.
        header: its header.
        settings: of the batch.
        mode: what images of 8 bits are converted to: "L" or "RGB"; None for the values as they are stored.

    Returns:
        (height, width) or (height, width, channels): uint8 or, for modes of more bits, their values.

    Raises:
        UnsupportedError: if Pillow is not installed, or does not know this kind of image.
        Exception: if the file is damaged.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise UnsupportedError(
            f"OpenCV {cv2.__version__} does not decode this {header.description}; Pillow may, or says what is damaged: "
            f"pip install {_NEWER.get(header.format, 'pillow')!r}"
        ) from None
    try:
        with Image.open(io.BytesIO(data)) as image:
            if settings.orient != "none":
                ImageOps.exif_transpose(image, in_place=True)
            if mode is not None and not image.mode.startswith(_WIDE):
                return np.asarray(image.convert(mode))
            values = np.asarray(image)
    except UnidentifiedImageError:
        if header.format in Image.OPEN and header.format != "TIFF":
            raise ValueError("neither OpenCV nor Pillow decodes it") from None
        newer = f"; pip install {_NEWER[header.format]!r}" if header.format in _NEWER else ""
        raise UnsupportedError(f"neither OpenCV nor Pillow decodes this {header.description}{newer}") from None
    except OSError as error:
        if "not available" in str(error):  # Pillow was built without the library for this format
            raise UnsupportedError(f"neither OpenCV nor Pillow decodes this {header.description}: {error}") from None
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnsupportedError("Pillow refuses so many pixels; raise PIL.Image.MAX_IMAGE_PIXELS") from None
    return values.astype(np.uint8) if values.dtype == np.bool_ else values
