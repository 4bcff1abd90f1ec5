"""The orientation of TIFF files, which OpenCV and Pillow apply even if they are asked not to."""

from __future__ import annotations

import struct

from fastseq.engine.tiff_layout import TiffError, byte_order, entries

_ORIENTATION, _LONG = 274, 4
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def as_stored(data: memoryview) -> memoryview:
    """The contents of a file, unless it is a TIFF that is to be turned: then a copy that is not."""
    found = _orientation(data) if bytes(data[:4]) in _MAGIC else None
    if found is None:
        return data
    copy = bytearray(data)
    form, place = found
    struct.pack_into(form, copy, place, 1)
    return memoryview(copy)


def _orientation(data: memoryview) -> tuple[str, int] | None:
    """The format and the place of the first image's orientation; None if it is upright."""
    try:
        for entry in entries(data):
            if entry.tag == _ORIENTATION:
                form = byte_order(data) + ("I" if entry.kind == _LONG else "H")
                (value,) = struct.unpack_from(form, data, entry.place)
                return (form, entry.place) if value > 1 else None
    except (TiffError, struct.error):  # the file ends before
        pass
    return None
