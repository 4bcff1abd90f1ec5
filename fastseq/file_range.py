"""FileRange: an image stored as a part of a larger file."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fastseq._types import StrPath
from fastseq.arguments import integer

_MAX_END = 2**63 - 1


@dataclass(frozen=True)
class FileRange:
    """A range of bytes of a file that hold one image, as in an uncompressed tar.

    Its text, in messages and lists of bad samples, is ``path[offset:end]``.

    Attributes:
        path: the file.
        offset: where the image begins, bytes.
        length: size of the image, bytes.

    Raises:
        TypeError: if `path` is not a path, or a number is not an integer.
        ValueError: if a number is negative, or if the range ends beyond 2**63 - 1.
    """

    path: StrPath
    offset: int
    length: int

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)):
            raise TypeError(f"FileRange.path must be a path, not {self.path!r}")
        for name in ("offset", "length"):
            object.__setattr__(self, name, integer(f"FileRange.{name}", getattr(self, name), minimum=0))
        if self.offset + self.length > _MAX_END:
            raise ValueError(f"FileRange: bytes {self.offset} to {self.offset + self.length} are beyond any file")

    def __str__(self) -> str:
        return f"{os.fspath(self.path)}[{self.offset}:{self.offset + self.length}]"
