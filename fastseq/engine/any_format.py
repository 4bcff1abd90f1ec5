"""The decoders of all formats other than JPEG: OpenCV first, then Pillow."""

from __future__ import annotations

import numpy as np

from fastseq.engine.header import Header
from fastseq.engine.ids import decode_ids
from fastseq.engine.lost_range import clipping_warning, high_byte_warning, range_warning
from fastseq.engine.opencv import Read, decode_by_opencv, with_sign
from fastseq.engine.opencv_module import opencv
from fastseq.engine.pillow import decode_after_opencv, decode_by_pillow, without_opencv
from fastseq.engine.pixels import Pixels, UnsupportedError, three_dimensional
from fastseq.engine.settings import COLORS, Settings
from fastseq.engine.tiff import as_stored


def decode_any(data: memoryview, settings: Settings) -> Pixels:
    """The pixels of an image: its ids for color="index", its values as they are where the batch holds more than bytes.

    A `Decode`.
    """
    data = _stored(data, settings)
    header = Header(data)
    if COLORS[settings.color].has_ids:
        return decode_ids(data, header, settings)
    pillow_colors = COLORS[settings.color].pillow_colors  # which have 8 bits
    as_bytes = pillow_colors or settings.numpy_dtype == np.uint8
    if header.dtype == "uint8" or (header.dtype == "uint16" and as_bytes):
        return _bytes(data, header, settings)
    pixels = _values(data, header, settings)
    if not pillow_colors:
        return pixels
    values = np.rint(np.nan_to_num(pixels.values).clip(0, 255)).astype(np.uint8)
    return Pixels(values, pixels.bgr, clipping_warning(pixels.values, settings))


def decode_bytes(data: memoryview, settings: Settings) -> Pixels:
    """The pixels of an image as bytes, as `cv2.imread` gives them by default; a `Decode`."""
    data = _stored(data, settings)
    return _bytes(data, Header(data), settings)._replace(lost="")


def _stored(data: memoryview, settings: Settings) -> memoryview:
    return as_stored(data) if settings.orient == "none" else data


def _bytes(data: memoryview, header: Header, settings: Settings) -> Pixels:
    lost = high_byte_warning(settings) if header.dtype == "uint16" else ""
    gray = settings.color == "gray"
    decode = decode_by_pillow
    if not _needs_pillow(header, settings):
        flags = Read.GRAYSCALE if gray else Read.COLOR
        image = decode_by_opencv(data, header.format, flags, settings)
        if image is not None:
            return Pixels(three_dimensional(image).astype(np.uint8, copy=False), True, lost)
        decode = decode_after_opencv
    values = three_dimensional(decode(data, header, settings, "L" if gray else "RGB"))
    if values.dtype == np.uint16:
        return Pixels((values >> 8).astype(np.uint8), lost=high_byte_warning(settings))
    return Pixels(values, lost=range_warning(values, settings) if values.dtype != np.uint8 else lost)


def _values(data: memoryview, header: Header, settings: Settings) -> Pixels:
    image = decode_by_opencv(data, header.format, Read.ANYDEPTH | Read.ANYCOLOR, settings)
    bgr = image is not None
    if image is None:
        image = decode_after_opencv(data, header, settings, None)
    values = three_dimensional(with_sign(image, header.dtype))
    if values.dtype.itemsize < np.dtype(header.dtype).itemsize:
        bits = f"only {8 * values.dtype.itemsize} bits of this {header.description}"
        is_there = opencv().module is not None
        raise UnsupportedError(f"OpenCV and Pillow read {bits}" if is_there else without_opencv(f"Pillow reads {bits}"))
    return Pixels(values, bgr, range_warning(values, settings))


def _needs_pillow(header: Header, settings: Settings) -> bool:
    """Whether Pillow must decode a TIFF with alpha: OpenCV multiplies its colors by alpha."""
    by_pillow = COLORS[settings.color].pillow_colors or settings.interpolation.startswith("pil.")
    return by_pillow and header.tiff is not None and header.tiff.samples == 4 and header.tiff.photometric == 2
