"""What the first directory of a TIFF says, and damage that libtiff does not report."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fastseq._native.formats import tiff_lzw_bytes

_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # BYTE, SHORT, LONG, LONG8
_MAX_ENTRIES = 65535
_MAX_VALUES = 1 << 22  # of one tag
_LZW = 5
_YCBCR = 6
_KINDS = {1: "uint", 2: "int", 3: "float"}  # by SampleFormat


class TiffError(ValueError):
    """A damaged TIFF."""


class Entry(NamedTuple):
    """An entry of a directory."""

    tag: int
    kind: int
    values: int  # how many
    place: int  # of its value, or of the offset of its values


@dataclass(frozen=True)
class TiffLayout:
    """How the pixels of a TIFF are stored.

    Attributes:
        bits: of a sample.
        samples: of a pixel.
        dtype: the NumPy dtype that holds a sample: "uint8" for up to 8 bits; None if there is none.
        photometric: what samples mean: 0 or 1 gray, 2 RGB, 3 a palette, 6 YCbCr.
        block: (rows, columns) of a strip or tile.
    """

    width: int
    height: int
    bits: int
    samples: int
    dtype: str | None
    photometric: int
    compression: int
    is_reversed: bool  # the least significant bit of a byte comes first
    planar: bool
    block: tuple[int, int]
    is_tiled: bool
    offsets: tuple[int, ...]
    byte_counts: tuple[int, ...]

    @property
    def description(self) -> str:
        """Its samples, for messages."""
        kind = self.dtype or f"{self.bits}-bit"
        return f"TIFF with {self.samples} x {kind} per pixel"


def tiff_layout(data: memoryview) -> TiffLayout:
    """Read the first directory.

    Raises:
        TiffError: if it is damaged.
    """
    try:
        tags = _tags(data)
        width, height = tags[256][0], tags[257][0]
        bits = tags.get(258, (1,))[0]
        is_tiled = 324 in tags
        offsets, byte_counts = (tags[324], tags[325]) if is_tiled else (tags[273], tags.get(279, ()))
        rows = tags[323][0] if is_tiled else min(tags.get(278, (height,))[0], height)
        columns = tags[322][0] if is_tiled else width
    except (KeyError, IndexError, struct.error, OverflowError) as error:
        raise TiffError(f"its directory is damaged ({error})") from None
    if min(width, height, rows, columns, bits) <= 0:
        raise TiffError("its directory is damaged")
    kind = _KINDS.get(tags.get(339, (1,))[0])
    return TiffLayout(
        width,
        height,
        bits,
        samples=tags.get(277, (1,))[0],
        dtype=_dtype(kind, bits),
        photometric=tags.get(262, (0,))[0],
        compression=tags.get(259, (1,))[0],
        is_reversed=tags.get(266, (1,))[0] == 2,
        planar=tags.get(284, (1,))[0] == 2,
        block=(rows, columns),
        is_tiled=is_tiled,
        offsets=offsets,
        byte_counts=byte_counts,
    )


def check_lzw(data: memoryview, layout: TiffLayout) -> None:
    """Check LZW data, of which libtiff decodes as much as it can.

    Raises:
        TiffError: if they are damaged.
    """
    if layout.compression != _LZW or layout.is_reversed or layout.photometric == _YCBCR:
        return  # not LZW, or of a kind that is too rare to check
    if min(len(layout.offsets), len(layout.byte_counts)) < _block_count(layout):
        raise TiffError("it lacks strips or tiles")
    for number, wanted in enumerate(_block_sizes(layout)):
        begin = layout.offsets[number]
        block = data[begin : begin + layout.byte_counts[number]]
        decoded = tiff_lzw_bytes(block, wanted)
        if decoded < wanted:
            raise TiffError(f"the LZW data of strip or tile {number} are damaged: {decoded} of {wanted} bytes")


def _block_count(layout: TiffLayout) -> int:
    rows, columns = layout.block
    return -(-layout.height // rows) * -(-layout.width // columns) * (layout.samples if layout.planar else 1)


def _block_sizes(layout: TiffLayout) -> Iterator[int]:
    """The uncompressed size of each strip or tile, in bytes."""
    rows, columns = layout.block
    planes, samples = (layout.samples, 1) if layout.planar else (1, layout.samples)
    row_bytes = -(-columns * samples * layout.bits // 8)
    across = -(-layout.width // columns)
    for _ in range(planes):
        for top in range(0, layout.height, rows):
            for _ in range(across):
                yield row_bytes * (rows if layout.is_tiled else min(rows, layout.height - top))


def _dtype(kind: str | None, bits: int) -> str | None:
    if kind == "uint" and bits <= 8:
        return "uint8"
    if kind == "uint" and bits <= 16:
        return "uint16"
    known = {("uint", 32), ("int", 8), ("int", 16), ("int", 32), ("float", 16), ("float", 32), ("float", 64)}
    return f"{kind}{bits}" if (kind, bits) in known else None


def byte_order(data: memoryview) -> str:
    """The order of a TIFF's bytes, as `struct` takes it."""
    return "<" if bytes(data[:2]) == b"II" else ">"


def entries(data: memoryview) -> Iterator[Entry]:
    """The entries of the first directory.

    Raises:
        TiffError: if the file ends before they do, or if there are too many.
    """
    order, is_big = byte_order(data), _is_big(data)
    offset = "Q" if is_big else "I"
    count_format, entry_format = ("Q", "HHQ") if is_big else ("H", "HHI")
    try:
        at = _number(data, order + offset, 8 if is_big else 4)
        count = _number(data, order + count_format, at)
        if count > _MAX_ENTRIES:
            raise TiffError("its directory is damaged")
        at += struct.calcsize(order + count_format)
        for _ in range(count):
            tag, kind, values = struct.unpack_from(order + entry_format, data, at)
            at += struct.calcsize(order + entry_format)
            yield Entry(tag, kind, values, at)
            at += struct.calcsize(order + offset)
    except (struct.error, OverflowError) as error:
        raise TiffError(f"its directory is damaged ({error})") from None


def _is_big(data: memoryview) -> bool:
    """Whether it is a BigTIFF, which has offsets of 8 bytes."""
    return b"+" in bytes(data[:4])


def _tags(data: memoryview) -> dict[int, tuple[int, ...]]:
    """The tags of the first directory that have integer values."""
    order, offset = byte_order(data), "Q" if _is_big(data) else "I"
    found = {}
    for tag, kind, count, place in entries(data):
        if kind in _FORMATS and count <= _MAX_VALUES:
            size = struct.calcsize("=" + _FORMATS[kind]) * count
            start = place if size <= struct.calcsize("=" + offset) else _number(data, order + offset, place)
            if start + size <= len(data):
                found[tag] = struct.unpack_from(f"{order}{count}{_FORMATS[kind]}", data, start)
    return found


def _number(data: memoryview, form: str, at: int) -> int:
    number: int = struct.unpack_from(form, data, at)[0]
    return number
