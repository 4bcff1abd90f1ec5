"""What the first bytes of an image other than a JPEG say of its format and its samples."""

from __future__ import annotations

import re

from fastseq._native import formats
from fastseq.engine.sample_info import FORMAT_NAMES
from fastseq.engine.tiff_layout import TiffError, TiffLayout, check_lzw, tiff_layout

_PNM_HEADER = re.compile(rb"P[2356](?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+(\d+)")
_PAM_HEADER = re.compile(rb"P7\n.*?MAXVAL (\d+)", re.DOTALL)
_HEADER_BYTES = 4096
_CODESTREAM = b"\xff\x4f\xff\x51"  # of JPEG 2000: SOC and SIZ
_DEPTH_AFTER_MARKERS = 38


class Header:
    """What the first bytes of an image say.

    Attributes:
        format: by the name that Pillow uses.
        dtype: NumPy's name of the smallest dtype that holds a sample: "uint8", "uint16", "int16", "float32" or another.
        tiff: of a TIFF that can be read.
        white: the value that a PGM, PPM or PAM declares as white; 0 for other images.
    """

    def __init__(self, data: memoryview) -> None:
        """Read it.

        Raises:
            TiffError: if the LZW data of a TIFF are damaged.
        """
        self.format = FORMAT_NAMES[formats.image_format(data)]
        self.tiff = _layout(data) if self.format == "TIFF" else None
        self.white = _white(data) if self.format == "PPM" else 0
        self.dtype = self._dtype(data)

    @property
    def description(self) -> str:
        """The kind of image, for messages."""
        return self.tiff.description if self.tiff is not None else f"{self.format} image"

    def _dtype(self, data: memoryview) -> str:
        if self.tiff is not None:
            return self.tiff.dtype or "uint8"
        start = bytes(data[:_HEADER_BYTES])
        if self.format == "PNG":
            return "uint16" if start[24:25] == b"\x10" else "uint8"
        if self.format == "PPM":
            return "uint16" if self.white > 255 else "uint8"
        if self.format == "JPEG2000":
            _, found_codestream, rest = start.partition(_CODESTREAM)
            depth = rest[_DEPTH_AFTER_MARKERS:][:1] if found_codestream else b""
            return "uint16" if depth and depth[0] & 0x7F > 7 else "uint8"
        return "uint8"


def _white(data: memoryview) -> int:
    start = bytes(data[:_HEADER_BYTES])
    found = _PNM_HEADER.match(start) or _PAM_HEADER.match(start)
    return int(found[1]) if found else 0


def _layout(data: memoryview) -> TiffLayout | None:
    try:
        layout = tiff_layout(data)
    except TiffError:  # a decoder may make something of it
        return None
    check_lzw(data, layout)
    return layout
