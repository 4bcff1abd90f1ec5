"""Where images are in the files that hold several."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq.file_range import CRC32C, FileRange
from fastseq.samples.name_table import NameTable, NameTableBuilder

Column: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranges:
    """Where each image is in its file, int64 (n,) each. The arrays are read-only.

    Attributes:
        offsets: where it begins, bytes.
        lengths: its size in the file, bytes; -1 if it is a whole file.
        inflated_sizes: its size once inflated; -1 if it is not deflated. None if no image is.
        checksums: its CRC-32, or 2**32 + its CRC-32C; -1 if neither is known. None if none is known.
        names: its name in the file, "" for none. None if none has one.
    """

    offsets: Column
    lengths: Column
    inflated_sizes: Column | None = None
    checksums: Column | None = None
    names: NameTable | None = None

    def __post_init__(self) -> None:
        for column in self.columns:
            if column is not None:
                column.setflags(write=False)

    @classmethod
    def of_whole_files(cls, n: int) -> Ranges:
        """Ranges of `n` images that are whole files."""
        return cls(np.zeros(n, np.int64), np.full(n, -1))

    @classmethod
    def concatenate(cls, parts: Sequence[Ranges]) -> Ranges:
        """The ranges of one part after the other."""
        offsets = np.concatenate([part.offsets for part in parts])
        lengths = np.concatenate([part.lengths for part in parts])
        names = None
        if any(part.names is not None for part in parts):
            names = NameTable.concatenate([part.names or NameTable.empty(len(part)) for part in parts])
        sizes = [len(part) for part in parts]
        inflated_sizes, checksums = (concatenated([part.columns[i] for part in parts], sizes) for i in (2, 3))
        return cls(offsets, lengths, inflated_sizes, checksums, names)

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def columns(self) -> tuple[Column, Column, Column | None, Column | None]:
        """Those that are numbers, in the order of the attributes."""
        return self.offsets, self.lengths, self.inflated_sizes, self.checksums

    def take(self, rows: Column) -> Ranges:
        """The ranges of some images."""
        sizes, checksums = (None if column is None else column[rows] for column in self.columns[2:])
        names = None if self.names is None else self.names.take(rows)
        return Ranges(self.offsets[rows], self.lengths[rows], sizes, checksums, names)

    def source(self, path: str, i: int) -> str | FileRange:
        """Image `i`, which is in the file at `path`."""
        length = self.lengths[i].item()
        if length < 0:
            return path
        name = (None if self.names is None else self.names.name(i)) or None
        checksum = _known(self.checksums, i)
        crc32 = checksum if checksum is not None and checksum < CRC32C else None
        crc32c = checksum - CRC32C if checksum is not None and checksum >= CRC32C else None
        return FileRange(path, self.offsets[i].item(), length, _known(self.inflated_sizes, i), crc32, name, crc32c)


class RangesBuilder:
    """Ranges that grow."""

    def __init__(self) -> None:
        self._columns = tuple(array("q") for _ in range(4))
        self._names = NameTableBuilder()
        self._any_name = False

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(
        self,
        offset: int = 0,
        length: int = -1,
        inflated_size: int | None = None,
        checksum: int = -1,
        name: str | None = None,
    ) -> None:
        """Add an image, with the attributes of a `FileRange`, the checksum of a `Ranges`; by default a whole file."""
        values = offset, length, -1 if inflated_size is None else inflated_size, checksum
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        self._names.add(name or "")
        self._any_name = self._any_name or name is not None

    def ranges(self) -> Ranges:
        """The ranges; nothing can be added after that."""
        offsets, lengths, sizes, checksums = (np.frombuffer(column, np.int64) for column in self._columns)
        names = self._names.table() if self._any_name else None
        return Ranges(offsets, lengths, _if_any(sizes), _if_any(checksums), names)


def _if_any(column: Column) -> Column | None:
    return column if (column >= 0).any() else None


def concatenated(columns: Sequence[Column | None], sizes: Sequence[int]) -> Column | None:
    """Columns of these sizes one after the other, -1 for each that is None; None if all are."""
    if all(column is None for column in columns):
        return None
    whole = (np.full(n, -1) if column is None else column for column, n in zip(columns, sizes, strict=True))
    return np.concatenate(list(whole))


def _known(column: Column | None, i: int) -> int | None:
    return None if column is None or column[i] < 0 else int(column[i])
