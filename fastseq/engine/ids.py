"""Masks: the ids that color="index" gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.header import Header
from fastseq.engine.opencv import Read, decode_by_opencv, with_sign
from fastseq.engine.pillow import decode_after_opencv, decode_by_pillow
from fastseq.engine.pixels import NotAMaskError, Pixels, three_dimensional
from fastseq.engine.settings import Settings

_PNG_COLORS = (2, 6)  # color types
_PALETTE = 3  # of TIFF's photometric interpretations
_BY_PILLOW = ("GIF", "BMP")  # OpenCV gives the colors of palettes
_MAX_ID = {"uint8": 255, "uint16": 65535, "float16": 2048, "float32": 1 << 24, "float64": 1 << 24}


def decode_ids(data: memoryview, header: Header, settings: Settings) -> Pixels:
    """The ids of a mask: palette indices, or gray values as they are stored; 0 and 1 for images of one bit.

    Raises:
        NotAMaskError: if the image holds colors or fractions, or ids that the batch cannot hold.
        UnsupportedError: if nothing installed decodes it.
        Exception: if the file is damaged.
    """
    ids = three_dimensional(_stored(data, header, settings))
    if ids.shape[2] != 1:
        raise NotAMaskError("it holds colors")
    levels = (1 << _bits(data, header)) - 1
    if levels < ids.max(initial=0) < 256:  # fewer bits than 8 are stretched to 0..255
        ids = ids // (255 // levels)
    _check(ids, settings)
    return Pixels(ids)


def _stored(data: memoryview, header: Header, settings: Settings) -> NDArray[Any]:
    tiff = header.tiff
    if (header.format == "PNG" and data[25] in _PNG_COLORS) or (tiff is not None and tiff.samples > 2):
        raise NotAMaskError("it holds colors")
    if header.format in _BY_PILLOW or (tiff is not None and (tiff.photometric == _PALETTE or tiff.samples == 2)):
        values = decode_by_pillow(data, header, settings, None)
        return values[:, :, :1] if tiff is not None and tiff.samples == 2 else values
    kind = Read.GRAYSCALE if header.format == "PNG" else Read.ANYCOLOR
    image = decode_by_opencv(data, header.format, Read.ANYDEPTH | kind, settings)
    if image is None:
        return decode_after_opencv(data, header, settings, None)
    return with_sign(image, header.dtype)


def _bits(data: memoryview, header: Header) -> int:
    """The bits of a sample, where it is stretched to 8 of them."""
    if header.format == "PPM" and bytes(data[1:2]) in (b"1", b"4"):
        return 1
    tiff = header.tiff
    return tiff.bits if tiff is not None and tiff.photometric != _PALETTE else 8


def _check(ids: NDArray[Any], settings: Settings) -> None:
    if not ids.size or ids.dtype == np.uint8:
        return
    low, high = ids.min(), ids.max()
    if ids.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high) and (ids == np.rint(ids)).all()):
        raise NotAMaskError("it holds fractions")
    name = settings.numpy_dtype.name
    lowest, highest = (0 if settings.numpy_dtype.kind == "u" else -_MAX_ID[name]), _MAX_ID[name]
    if low < lowest or high > highest:
        fits = [dtype for dtype, top in _MAX_ID.items() if high <= top and (low >= 0 or not dtype.startswith("uint"))]
        remedy = f"; write dtype={fits[0]!r}" if fits else ""
        raise NotAMaskError(f"its ids are {low}..{high}, and dtype={name!r} holds {lowest}..{highest}{remedy}")
