"""FileRange: an image stored as a part of a larger file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from fastseq._types import StrPath
from fastseq.arguments import integer

_MAX_END = 2**63 - 1
_MAX_CRC = 2**32 - 1
CRC32C = 2**32
"""Added to a CRC-32C, to tell it from a CRC-32."""
_PLACE = re.compile(r"\[\d+:\d+\] ")


@dataclass(frozen=True)
class FileRange:
    """A range of bytes of a file that hold one image, as in a tar or zip archive.

    Its text, in messages and lists of bad samples, is ``path[offset:end]``, with a space and its name if it has one.

    Attributes:
        path: the file.
        offset: where the image begins, bytes.
        length: size of the image in the file, bytes.
        inflated_size: size of the image, bytes, if the range is a raw deflate stream (RFC 1951); None if the bytes are
            the image itself.
        crc32: CRC-32 of the image, which is checked when it is read; None if it is not known.
        name: of the image in the file, for messages alone; None if it has none.
        crc32c: CRC-32C (Castagnoli) of the image, which is checked likewise; None if it is not known.

    Raises:
        TypeError: if `path` is not a path, or a number is not an integer.
        ValueError: if a number is negative, if the range ends beyond 2**63 - 1, if a CRC is 2**32 or more, or if there
            are both.
    """

    path: StrPath
    offset: int
    length: int
    inflated_size: int | None = None
    crc32: int | None = None
    name: str | None = field(default=None, compare=False)
    crc32c: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)):
            raise TypeError(f"FileRange.path must be a path, not {self.path!r}")
        for name in ("offset", "length", "inflated_size", "crc32", "crc32c"):
            value = getattr(self, name)
            if value is not None or name in ("offset", "length"):
                object.__setattr__(self, name, integer(f"FileRange.{name}", value, minimum=0))
        if self.offset + self.length > _MAX_END:
            raise ValueError(f"FileRange: bytes {self.offset} to {self.offset + self.length} are beyond any file")
        for name, bound in (("inflated_size", _MAX_END), ("crc32", _MAX_CRC), ("crc32c", _MAX_CRC)):
            value = getattr(self, name)
            if value is not None and value > bound:
                raise ValueError(f"FileRange.{name} must be at most {bound}, not {value}")
        if self.crc32 is not None and self.crc32c is not None:
            raise ValueError("FileRange takes crc32 or crc32c, not both")

    @property
    def place(self) -> str:
        """The text without the name: what tells it from other ranges."""
        return f"{os.fspath(self.path)}[{self.offset}:{self.offset + self.length}]"

    def __str__(self) -> str:
        return self.place if self.name is None else f"{self.place} {self.name}"


def checksum_of(file: FileRange) -> int:
    """The CRC-32 of a range, or `CRC32C` + its CRC-32C; -1 if neither is known."""
    if file.crc32c is not None:
        return CRC32C + file.crc32c
    return -1 if file.crc32 is None else file.crc32


def possible_places(text: str) -> list[str]:
    """What may be the text of a range without its name: both a path and a name may look like a place."""
    return [text, *(text[: found.end() - 1] for found in _PLACE.finditer(text))]
