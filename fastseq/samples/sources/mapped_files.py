"""Which file a piece of mapped memory is from."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MAPS = "/proc/self/maps"
_COMPARED = 4096  # bytes at either end of a buffer


@dataclass
class _Mapping:
    """A part of a file that is in memory.

    Attributes:
        begin: its address.
        end: of the part, an address.
        offset: where it begins in the file.
        path: that of the file.
        is_right: whether the file was seen to have the bytes that are in memory; None if nobody has looked yet.
    """

    begin: int
    end: int
    offset: int
    path: str
    is_right: bool | None = None

    def is_followed_by(self, other: _Mapping) -> bool:
        """Whether the other one goes on where this one ends, in memory and in the file."""
        size = self.end - self.begin
        return (self.path, self.end, self.offset + size) == (other.path, other.begin, other.offset)


class MappedFiles:
    """The files that are mapped read-only into the memory of this process, as Linux lists them."""

    def __init__(self) -> None:
        self._mappings = _mappings()
        self._begins = [mapping.begin for mapping in self._mappings]

    def find(self, buffer: NDArray[np.uint8]) -> tuple[str, int] | None:
        """The file that a buffer is mapped from, and the offset of the buffer in it.

        Returns:
            None if the buffer is in memory of its own, or if the file was deleted or replaced: of each mapping, the
            first buffer's ends are compared with the file.
        """
        begin = buffer.ctypes.data
        place = bisect_right(self._begins, begin) - 1
        if place < 0 or begin + buffer.nbytes > self._mappings[place].end:
            return None
        mapping = self._mappings[place]
        offset = begin - mapping.begin + mapping.offset
        if mapping.is_right is None:
            mapping.is_right = _has(mapping.path, offset, buffer)
        return (mapping.path, offset) if mapping.is_right else None


def _mappings() -> list[_Mapping]:
    """All of them, by address."""
    try:
        with open(_MAPS, "rb") as file:
            lines = file.read().removesuffix(b"\n").split(b"\n")  # a path may have other line ends
    except OSError:  # /proc is not mounted
        return []
    found: list[_Mapping] = []
    for line in lines:
        span, permissions, offset, _device, _inode, *path = line.split(maxsplit=5)
        if b"w" in permissions or not path or not path[0].startswith(b"/"):
            continue
        begin, end = (int(address, 16) for address in span.split(b"-"))
        mapping = _Mapping(begin, end, int(offset, 16), os.fsdecode(path[0]))
        if found and found[-1].is_followed_by(mapping):
            found[-1].end = end
        else:
            found.append(mapping)
    return found


def _has(path: str, offset: int, buffer: NDArray[np.uint8]) -> bool:
    """Whether a file has the bytes at either end of a buffer where they should be."""
    try:
        with open(path, "rb", buffering=0) as file:
            for place in (0, max(0, buffer.nbytes - _COMPARED)):
                expected = buffer[place : place + _COMPARED].tobytes()
                if os.pread(file.fileno(), len(expected), offset + place) != expected:
                    return False
    except OSError:
        return False
    return True
