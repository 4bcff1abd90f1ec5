"""Snappy's raw format: a plain decompressor, and a writer of its elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Element: TypeAlias = tuple[bytes, int] | tuple[int, int, int]
"""A literal and how many bytes its length takes, or a copy: its offset, its length and the bytes of its offset."""


def varint(number: int) -> bytes:
    """Seven bits in a byte, lowest first."""
    out = []
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def decompress(data: bytes, size: int) -> bytes | None:
    """What a stream of that many bytes decompresses to; None if it is damaged or says another size."""
    try:
        return _decompress(data, size)
    except IndexError:
        return None


def _decompress(data: bytes, size: int) -> bytes | None:
    said = place = 0
    while True:
        said |= (data[place] & 0x7F) << 7 * place
        place += 1
        if data[place - 1] < 0x80:
            break
        if place == 5:
            return None
    if said != size:
        return None
    out = bytearray()
    while place < len(data):
        tag = data[place]
        place += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                extra = _number(data, place, length - 59)
                place += length - 59
                length = extra
            if place + length + 1 > len(data):
                return None
            out += data[place : place + length + 1]
            place += length + 1
        else:
            width = (0, 1, 2, 4)[tag & 3]
            offset, length = _number(data, place, width), (tag >> 2) + 1
            place += width
            if width == 1:
                offset, length = (tag >> 5 << 8) | offset, (tag >> 2 & 7) + 4
            if not 0 < offset <= len(out):
                return None
            for _ in range(length):
                out.append(out[-offset])
        if len(out) > size:
            return None
    return bytes(out) if len(out) == size else None


def _number(data: bytes, place: int, width: int) -> int:
    return sum(data[place + i] << 8 * i for i in range(width))


def stream(elements: Sequence[Element], size: int) -> bytes:
    """The stream of elements, after the size that it is to say."""
    return varint(size) + b"".join(map(_encoded, elements))


def _encoded(element: Element) -> bytes:
    if len(element) == 2:
        literal, width = element
        last = len(literal) - 1
        return (
            bytes([last << 2]) + literal if width == 0 else bytes([(59 + width) << 2]) + _bytes(last, width) + literal
        )
    offset, length, width = element
    if width == 1:
        return bytes([offset >> 8 << 5 | (length - 4) << 2 | 1, offset & 0xFF])
    return bytes([(length - 1) << 2 | (2 if width == 2 else 3)]) + _bytes(offset, width)


def _bytes(number: int, width: int) -> bytes:
    return number.to_bytes(width, "little")
