"""The samples of a PNG by the text of its specification (ISO/IEC 15948), one byte after another."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The type and the body of each chunk."""
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def samples(data: bytes) -> npt.NDArray[np.uint8]:
    """The stored samples of a sound file with up to 8 bits: uint8 (height, width, channels)."""
    found = list(chunks(data))
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", found[0][1])
    lines = zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT"))
    channels = CHANNELS[color]
    image = np.zeros((height, width, channels), np.uint8)
    for top, left, down, across in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        place = image[top::down, left::across]
        if not place.size:
            continue
        stride = (place.shape[1] * channels * depth + 7) // 8
        above = bytes(stride)
        for row in place:
            filtered, lines = lines[: 1 + stride], lines[1 + stride :]
            above = unfiltered(filtered[0], filtered[1:], above, max(1, channels * depth // 8))
            bits = np.unpackbits(np.frombuffer(above, np.uint8)).reshape(-1, depth)
            values = bits @ (1 << np.arange(depth)[::-1])
            row[:] = values[: row.size].reshape(row.shape)
    return image


def unfiltered(kind: int, row: bytes, above: bytes, distance: int) -> bytes:
    """A row without its filter; `above` is the row above it."""
    made = bytearray()
    for i, value in enumerate(row):
        a = made[i - distance] if i >= distance else 0
        b = above[i]
        c = above[i - distance] if i >= distance else 0
        predicted = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
        made.append((value + predicted) % 256)
    return bytes(made)


def paeth(a: int, b: int, c: int) -> int:
    """The neighbor that is nearest to a + b - c; of several, the first."""
    return min((a, b, c), key=lambda neighbor: abs(a + b - c - neighbor))
