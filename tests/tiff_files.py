"""TIFF files of any kind of sample, written here: no library writes all of them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

GRAY, RGB, PALETTE = 1, 2, 3
_FORMATS = {"u": 1, "i": 2, "f": 3}


def tiff(
    image: npt.NDArray[Any],
    photometric: int | None = None,
    *,
    palette: npt.NDArray[np.uint16] | None = None,
    order: str = "<",
    extra: dict[int, int] | None = None,
) -> bytes:
    """A file of one strip, not compressed.

    Args:
        image: (height, width, bands) of 8, 16, 32 or 64 bits.
        photometric: GRAY, RGB or PALETTE; by the bands if None.
        palette: uint16 (3, 256), the colors.
        order: "<" or ">".
        extra: more tags, of type SHORT.
    """
    height, width, bands = image.shape
    if photometric is None:
        photometric = RGB if bands >= 3 else GRAY
    pixels = image.astype(image.dtype.newbyteorder(order)).tobytes()
    kind = image.dtype.kind
    tags: dict[int, tuple[str, list[int]]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [image.dtype.itemsize * 8] * bands),
        259: ("H", [1]),
        262: ("H", [photometric]),
        273: ("I", [8]),
        277: ("H", [bands]),
        278: ("I", [height]),
        279: ("I", [len(pixels)]),
        339: ("H", [_FORMATS[kind]] * bands),
    }
    usual = 3 if photometric == RGB else 1
    if bands > usual:
        tags[338] = ("H", [2] if bands - usual == 1 else [0] * (bands - usual))  # alpha, or anything
    if palette is not None:
        tags[320] = ("H", palette.ravel().tolist())
    for tag, value in (extra or {}).items():
        tags[tag] = ("H", [value])
    directory = 8 + len(pixels) + len(pixels) % 2
    beyond = directory + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (form, numbers) in sorted(tags.items()):
        body = struct.pack(f"{order}{len(numbers)}{form}", *numbers)
        if len(body) > 4:
            place = struct.pack(order + "I", beyond + len(values))
            values += body + bytes(len(body) % 2)
        else:
            place = body.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", tag, {"H": 3, "I": 4}[form], len(numbers)) + place
    start = b"II*\0" if order == "<" else b"MM\0*"
    return b"".join(
        [
            start,
            struct.pack(order + "I", directory),
            pixels.ljust(directory - 8, b"\0"),
            struct.pack(order + "H", len(tags)),
            entries,
            bytes(4),
            values,
        ]
    )
