"""The orientation of TIFF files, which OpenCV and Pillow apply even if they are asked not to."""

from __future__ import annotations

import struct
from typing import NamedTuple

_ORIENTATION, _LONG = 274, 4
_MAX_ENTRIES = 65535


class _Layout(NamedTuple):
    """Where the fields of a file lie, which has offsets of 4 bytes, or of 8 in a BigTIFF."""

    order: str  # of bytes, as `struct` takes it
    first: int  # the place of the offset of the first directory
    offset: str
    entries: str  # their number in a directory
    entry: int  # bytes of one
    value: int  # its place in an entry


_LAYOUTS = {
    b"II*\0": _Layout("<", 4, "I", "H", 12, 8),
    b"MM\0*": _Layout(">", 4, "I", "H", 12, 8),
    b"II+\0": _Layout("<", 8, "Q", "Q", 20, 12),
    b"MM\0+": _Layout(">", 8, "Q", "Q", 20, 12),
}


def as_stored(data: memoryview) -> memoryview:
    """The contents of a file, unless it is a TIFF that is to be turned: then a copy that is not."""
    layout = _LAYOUTS.get(bytes(data[:4]))
    found = None if layout is None else _orientation(data, layout)
    if found is None:
        return data
    copy = bytearray(data)
    form, at = found
    struct.pack_into(form, copy, at, 1)
    return memoryview(copy)


def _orientation(data: memoryview, layout: _Layout) -> tuple[str, int] | None:
    """The format and the place of the first image's orientation; None if it is upright."""

    def read(form: str, at: int) -> int:
        (number,) = struct.unpack_from(layout.order + form, data, at)
        return int(number)

    try:
        begin = read(layout.offset, layout.first)
        entries = begin + struct.calcsize(f"={layout.entries}")
        for i in range(min(read(layout.entries, begin), _MAX_ENTRIES)):
            at = entries + i * layout.entry
            if read("H", at) == _ORIENTATION:
                form, value = "I" if read("H", at + 2) == _LONG else "H", at + layout.value
                return (layout.order + form, value) if read(form, value) > 1 else None
    except (struct.error, OverflowError):  # the file ends before
        pass
    return None
