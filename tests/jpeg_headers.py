"""JPEGs whose headers are edited, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

Edit = Callable[[bytes], bytes]


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The (marker, begin, end) of each segment up to the first scan; begin is that of its 0xFF."""
    at = 2
    while True:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], at, end
        if data[at + 1] == 0xDA:
            return
        at = end


def _replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def with_scan_parameters(data: bytes, begin: int, end: int, approximation: int) -> bytes:
    """Replace the spectral selection and the successive approximation of the first scan."""
    (after,) = (after for marker, _, after in _segments(data) if marker == 0xDA)
    return _replaced(data, after - 3, bytes([begin, end, approximation]))


def with_jfif_version(data: bytes, major: int, minor: int) -> bytes:
    """Replace the version of the JFIF segment, which must be there."""
    return _replaced(data, data.index(b"JFIF\0") + 5, bytes([major, minor]))


def with_adobe_transform(data: bytes, transform: int) -> bytes:
    """Replace the color transform of the Adobe segment, or put one in the place of the JFIF segment."""
    if b"Adobe" in data:
        return _replaced(data, data.index(b"Adobe") + 11, bytes([transform]))
    ((begin, end),) = ((begin, end) for marker, begin, end in _segments(data) if marker == 0xE0)
    adobe = b"Adobe\0\x64\0\0\0\0" + bytes([transform])
    return data[:begin] + b"\xff\xee" + (len(adobe) + 2).to_bytes(2, "big") + adobe + data[end:]


def with_junk(data: bytes, junk: bytes) -> bytes:
    """Insert bytes before each segment of the header but the first."""
    begins = [begin for _, begin, _ in _segments(data)][1:]
    parts = [data[a:b] for a, b in zip([0, *begins], [*begins, len(data)], strict=True)]
    return junk.join(parts)


def with_bytes_before_end(data: bytes) -> bytes:
    """Insert bytes that belong to nothing before the end marker."""
    return data[:-2] + b"\x55" * 20 + data[-2:]


JFIF_EDITS: dict[str, Edit] = {
    "JFIF 0.00": functools.partial(with_jfif_version, major=0, minor=0),
    "JFIF 2.01": functools.partial(with_jfif_version, major=2, minor=1),
}
SCAN_EDITS: dict[str, Edit] = {
    "spectral 0-0": functools.partial(with_scan_parameters, begin=0, end=0, approximation=0),
    "spectral 1-5": functools.partial(with_scan_parameters, begin=1, end=5, approximation=0),
    "approximation": functools.partial(with_scan_parameters, begin=0, end=63, approximation=0x21),
}
JUNK_EDITS: dict[str, Edit] = {
    "a zero": functools.partial(with_junk, junk=b"\0"),
    "text": functools.partial(with_junk, junk=b"photo editor"),
    "stuffed": functools.partial(with_junk, junk=b"a\xff\0b\xff\0"),
    "fill bytes": functools.partial(with_junk, junk=b"x\xff\xff\xff"),
    "restart markers": functools.partial(with_junk, junk=b"\xff\xd0x\xff\xd7"),
}
ADOBE_EDITS: dict[str, Edit] = {"Adobe transform 5": functools.partial(with_adobe_transform, transform=5)}
"""Edits by name that change no pixel; the last ones only of YCbCr or YCCK files."""
