"""The ICC profile in an image file."""

from __future__ import annotations

import zlib

_JPEG_START = b"\xff\xd8"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_ICC_IN_JPEG = b"ICC_PROFILE\0"
_MAX_BYTES = 16 << 20
_STANDALONE = {0x01, *range(0xD0, 0xDA)}
_SOS = 0xDA


def icc_profile(data: bytes) -> bytes | None:
    """The profile in a JPEG (ICC.1:2010, B.4) or a PNG (its chunk iCCP); None if there is none, or none that is whole.

    Args:
        data: the contents of the file.
    """
    if data.startswith(_JPEG_START):
        return _in_jpeg(data)
    return _in_png(data) if data.startswith(_PNG_START) else None


def _in_jpeg(data: bytes) -> bytes | None:
    parts: dict[int, bytes] = {}
    count, at = 0, 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _SOS:
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + size]
        if marker == 0xE2 and segment.startswith(_ICC_IN_JPEG) and len(segment) > 14:
            number, count = segment[12], segment[13]
            parts[number] = segment[14:]
        at += 2 + max(size, 2)
    if not count or set(parts) != set(range(1, count + 1)):
        return None
    return b"".join(parts[number] for number in sorted(parts))


def _in_png(data: bytes) -> bytes | None:
    at = len(_PNG_START)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"iCCP":
            _, _, rest = data[at + 8 : at + 8 + size].partition(b"\0")
            inflater = zlib.decompressobj()
            try:
                profile = inflater.decompress(rest[1:], _MAX_BYTES)
            except zlib.error:
                return None
            return profile if inflater.eof else None
        if kind in (b"IDAT", b"IEND"):
            return None
        at += 12 + size
    return None
