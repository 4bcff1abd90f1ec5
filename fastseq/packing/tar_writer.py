"""Tar archives whose bytes depend on nothing but their members."""

from __future__ import annotations

import tarfile
from typing import BinaryIO

from fastseq._native.contents import crc32c

_BLOCK = 512


class TarWriter:
    """Writes members one after the other, with the same owner, mode and time.

    Attributes:
        size: of what was written, bytes.
        crc: CRC-32C of it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.crc = 0

    def add(self, name: str, data: bytes | memoryview) -> int:
        """Write a member, whose name has at most 100 bytes, and return where its contents begin."""
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._write(member.tobuf(tarfile.USTAR_FORMAT))
        start = self.size
        self._write(data)
        self._write(bytes(-len(data) % _BLOCK))
        return start

    def end(self) -> None:
        """Write what ends an archive."""
        self._write(bytes(2 * _BLOCK))

    def _write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self.size += len(data)
        self.crc = crc32c(data, self.crc)
