"""Decoding with Pillow, where it is installed, of what OpenCV does not decode."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.fork_lock import decoding, importing
from fastseq.engine.header import Header
from fastseq.engine.opencv_module import opencv
from fastseq.engine.pixels import UnsupportedError
from fastseq.engine.png import clean_png
from fastseq.engine.settings import Settings
from fastseq.engine.tiff_layout import TiffLayout

_WIDE = ("I", "F")  # modes of more than 8 bits begin with one of these
_NEWER = {"AVIF": "pillow>=11.3"}
_plugins_are_loaded = False


def import_pillow() -> None:
    """Import Pillow and all its plugins, some of which it would import once a file needs them.

    Raises:
        ImportError: if Pillow is not installed.
    """
    global _plugins_are_loaded
    if not _plugins_are_loaded:
        with importing():
            from PIL import Image, ImageOps  # noqa: F401 - imported here, for those who use it later

            Image.init()
            _plugins_are_loaded = True


def decode_after_opencv(data: memoryview, header: Header, settings: Settings, mode: str | None) -> NDArray[Any]:
    """What `decode_by_pillow` gives, for a file that OpenCV did not decode, or for any where OpenCV is not installed.

    Both have libtiff: what OpenCV refuses of the TIFFs that it knows is damaged, and Pillow would only print why.

    Raises:
        ValueError: if the file is damaged.
        TooLargeError: if a PNG has more data than allowed.
        Exception: as `decode_by_pillow` does.
    """
    if opencv().module is None:
        if header.white not in (0, 255, 65535):  # Pillow stretches the values to one of these
            raise UnsupportedError(without_opencv(f"Pillow stretches the values of this {header.description}"))
        checked = memoryview(clean_png(data, settings.limits.memory_bytes)) if header.format == "PNG" else data
        return decode_by_pillow(checked, header, settings, mode)
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
        import_pillow()
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise UnsupportedError(_nothing_decodes(header)) from None
    try:
        with decoding(), Image.open(io.BytesIO(data)) as image:
            if settings.orient != "none":
                ImageOps.exif_transpose(image, in_place=True)
            if mode is not None and not image.mode.startswith(_WIDE):
                return np.asarray(image.convert(mode))
            values = np.asarray(image)
    except UnidentifiedImageError:
        if header.format in Image.OPEN and header.format != "TIFF" and opencv().module is not None:
            raise ValueError("neither OpenCV nor Pillow decodes it") from None
        newer = f"; pip install {_NEWER[header.format]!r}" if header.format in _NEWER else ""
        raise UnsupportedError(f"{_neither_decodes(header)}{newer}") from None
    except OSError as error:
        if "not available" in str(error):  # Pillow was built without the library for this format
            raise UnsupportedError(f"{_neither_decodes(header)}: {error}") from None
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnsupportedError("Pillow refuses so many pixels; raise PIL.Image.MAX_IMAGE_PIXELS") from None
    if values.dtype == np.bool_ or (values.dtype == np.int32 and header.dtype in ("uint16", "int16")):
        return values.astype(header.dtype)
    return values


def _nothing_decodes(header: Header) -> str:
    pillow = f"pip install {_NEWER.get(header.format, 'pillow')!r}"
    if opencv().module is None:
        return without_opencv(f"OpenCV or Pillow decodes this {header.description}") + f", or {pillow}"
    problem = f"{opencv().description} does not decode this {header.description}"
    return f"{problem}; Pillow may, or says what is damaged: {pillow}"


def _neither_decodes(header: Header) -> str:
    if opencv().module is None:
        return without_opencv(f"Pillow does not decode this {header.description}")
    return f"neither OpenCV nor Pillow decodes this {header.description}"


def without_opencv(problem: str) -> str:
    """What Pillow cannot do, and how OpenCV, which could, is installed."""
    return f"{problem}. {opencv().description}: {opencv().remedy}"
