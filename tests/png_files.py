"""PNG files of every kind, and chunks to damage them with."""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KINDS = [
    *((0, depth) for depth in (1, 2, 4, 8, 16)),
    *((2, depth) for depth in (8, 16)),
    *((3, depth) for depth in (1, 2, 4, 8)),
    *((4, depth) for depth in (8, 16)),
    *((6, depth) for depth in (8, 16)),
]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(height: int, width: int, color: int = 2, depth: int = 8, interlaced: bool = False) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))


def scanlines(
    rng: np.random.Generator, height: int, width: int, color: int, depth: int, interlaced: bool = False
) -> bytes:
    """Random rows with random filter types, not compressed."""
    lines = []
    for top, left, down, across in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        rows, columns = len(range(top, height, down)), len(range(left, width, across))
        for _ in range(rows if columns else 0):
            lines.append(bytes([rng.integers(5)]) + rng.bytes((columns * depth * CHANNELS[color] + 7) // 8))
    return b"".join(lines)


def png(
    rng: np.random.Generator,
    height: int,
    width: int,
    color: int = 2,
    depth: int = 8,
    interlaced: bool = False,
    chunks: bytes = b"",
    palette: int | None = None,
) -> bytes:
    """A file of random pixels, with some chunks before the palette, which has so many colors, all where None."""
    lines = zlib.compress(scanlines(rng, height, width, color, depth, interlaced))
    colors = (1 << min(depth, 8)) if palette is None else palette
    middle = len(lines) // 2
    return b"".join(
        [
            SIGNATURE,
            header(height, width, color, depth, interlaced),
            chunks,
            chunk(b"PLTE", rng.bytes(3 * colors)) if color == 3 else b"",
            chunk(b"IDAT", lines[:middle]),
            chunk(b"IDAT", lines[middle:]),
            chunk(b"IEND"),
        ]
    )
