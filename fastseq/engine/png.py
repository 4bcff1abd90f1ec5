"""PNG files made safe for OpenCV, whose libpng prints what it dislikes to stderr.

libpng is given what the pixels depend on and nothing that it could complain about: checked chunks, and image data that
were inflated here. They are stored again without compression, so that they are inflated once.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
_MAX_SIDE = 1_000_000  # pixels; libpng refuses more
_MAX_CHUNK = 1 << 30


# Gray of colors depends on the gamma.
_VALID: dict[bytes, Callable[[bytes], bool]] = {
    b"eXIf": lambda body: body[:2] in (b"II", b"MM"),
    b"gAMA": lambda body: len(body) == 4 and 16 <= int.from_bytes(body, "big") <= 625_000_000,
    b"sRGB": lambda body: len(body) == 1 and body[0] < 4,
}


class PngError(ValueError):
    """A damaged PNG."""


class TooLargeError(Exception):
    """A PNG whose image data need more memory than allowed."""


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    color: int
    compression: int
    filtering: int
    interlace: int

    def passes(self) -> Iterator[tuple[int, int]]:
        """(rows, bytes a row with its filter type) of each pass."""
        steps = _ADAM7 if self.interlace else ((0, 0, 1, 1),)
        for top, left, down, across in steps:
            rows = -(-max(self.height - top, 0) // down)
            columns = -(-max(self.width - left, 0) // across)
            if rows and columns:
                yield rows, 1 + -(-columns * self.depth * _CHANNELS[self.color] // 8)


def clean_png(data: memoryview, max_bytes: int) -> bytes:
    """A PNG with the same pixels and orientation that libpng reads without a message.

    Args:
        data: the file.
        max_bytes: of image data.

    Raises:
        PngError: if the file is damaged.
        TooLargeError: if there are more image data.
    """
    header: _Header | None = None
    ihdr = palette = b""
    kept: dict[bytes, bytes] = {}  # ancillary chunks that pixels depend on
    compressed = []
    for kind, body, intact in _chunks(data):
        critical = not kind[0] & 0x20
        if critical and not intact:
            raise PngError(f"the checksum of chunk {kind.decode('latin-1')} is wrong")
        if header is None:
            if kind != b"IHDR":
                raise PngError("the first chunk is not IHDR")
            header, ihdr = _header(body), bytes(body)
        elif kind == b"IDAT":
            compressed.append(body)
        elif kind == b"PLTE":
            palette = bytes(body)
        elif kind in _VALID and intact and _VALID[kind](bytes(body)):
            kept.setdefault(kind, bytes(body))
        elif critical and kind != b"IEND":
            raise PngError(f"unknown critical chunk {kind.decode('latin-1')}")
    if header is None:
        raise PngError("there is no IHDR chunk")
    stored = memoryview(zlib.compress(_inflate(compressed, header, max_bytes), 0))
    parts = [SIGNATURE, *_chunk(b"IHDR", ihdr)]
    if b"sRGB" in kept:  # which overrides the other, with a warning if they disagree
        kept.pop(b"gAMA", None)
    for kind, contents in kept.items():
        parts += _chunk(kind, contents)
    if header.color == _PALETTE:
        parts += _chunk(b"PLTE", _full_palette(palette, header.depth))
    for at in range(0, len(stored), _MAX_CHUNK):
        parts += _chunk(b"IDAT", stored[at : at + _MAX_CHUNK])
    return b"".join([*parts, *_chunk(b"IEND", b"")])


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview, bool]]:
    """The type and the contents of each chunk up to IEND, and whether its checksum is right."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise PngError("the file ends before its IEND chunk")
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            raise PngError("a chunk is longer than the file")
        kind = bytes(data[at + 4 : at + 8])
        if not kind.isalpha():
            raise PngError(f"{kind!r} is no type of a chunk")
        yield kind, data[at + 8 : end], zlib.crc32(data[at + 4 : end]) == struct.unpack_from(">I", data, end)[0]
        at = end + 4


def _header(body: memoryview) -> _Header:
    if len(body) != 13:
        raise PngError("the IHDR chunk does not have 13 bytes")
    header = _Header(*struct.unpack(">IIBBBBB", body))
    if not 0 < header.width <= _MAX_SIDE or not 0 < header.height <= _MAX_SIDE:
        raise PngError(f"a size of {header.width} x {header.height} pixels")
    if header.depth not in _DEPTHS.get(header.color, ()):
        raise PngError(f"color type {header.color} with {header.depth} bits")
    if header.compression or header.filtering or header.interlace > 1:
        raise PngError("an unknown compression, filter or interlace method")
    return header


def _inflate(compressed: list[memoryview], header: _Header, max_bytes: int) -> bytes:
    size = sum(rows * stride for rows, stride in header.passes())
    if size > max_bytes:
        raise TooLargeError
    inflater = zlib.decompressobj()
    try:
        pixels = inflater.decompress(b"".join(compressed), size + 1)[:size]
    except zlib.error as error:
        raise PngError(str(error)) from None
    if len(pixels) < size:
        raise PngError("the image data end too early")
    at, filters = 0, np.frombuffer(pixels, np.uint8)
    for rows, stride in header.passes():
        if filters[at : at + rows * stride : stride].max() > 4:
            raise PngError("an unknown filter type")
        at += rows * stride
    return pixels


def _full_palette(palette: bytes, depth: int) -> bytes:
    """The palette with black for the colors that it lacks, as libpng has it."""
    if not palette or len(palette) % 3 or len(palette) > 768:
        raise PngError("the palette is missing or has the wrong size")
    return palette[: 3 << depth].ljust(3 << depth, b"\0")


def _chunk(kind: bytes, body: bytes | memoryview) -> list[bytes | memoryview]:
    """The parts of a chunk; the body is not copied."""
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return [struct.pack(">I", len(body)), kind, body, struct.pack(">I", checksum)]
