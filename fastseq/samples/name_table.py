"""Many names in two arrays instead of as many Python strings."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 16
"""Rows that are gathered at once: that takes 16 bytes for each of their characters."""


@dataclass(frozen=True, eq=False)
class NameTable:
    """A name in each row. The arrays are read-only.

    Attributes:
        blob: uint8 (bytes,), the names one after the other in UTF-8, without separators.
        offsets: int64 (n + 1,), the start of each name in `blob`, and the end of the last one.
    """

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        self.blob.setflags(write=False)
        self.offsets.setflags(write=False)

    @classmethod
    def concatenate(cls, tables: Sequence[NameTable]) -> NameTable:
        """The names of one table after the other."""
        starts = np.cumsum([0, *(len(table.blob) for table in tables)])
        offsets = [table.offsets[1:] + start for table, start in zip(tables, starts[:-1], strict=True)]
        return cls(np.concatenate([table.blob for table in tables]), np.concatenate([np.zeros(1, np.int64), *offsets]))

    @classmethod
    def of(cls, names: Iterable[str]) -> NameTable:
        """A table of some names."""
        builder = NameTableBuilder()
        for name in names:
            builder.add(name)
        return builder.table()

    @classmethod
    def empty(cls, n: int) -> NameTable:
        """Names of no characters."""
        return cls(np.zeros(0, np.uint8), np.zeros(n + 1, np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def name(self, i: int) -> str:
        """The name in row `i`."""
        return self.blob[self.offsets[i] : self.offsets[i + 1]].tobytes().decode("utf-8", "surrogateescape")

    def take(self, rows: NDArray[np.int64]) -> NameTable:
        """A table of some rows, in any order."""
        parts = [gathered(self.blob, self.offsets, rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)]
        lengths = np.concatenate([np.zeros(1, np.int64), *(lengths for lengths, _ in parts)])
        blob = np.concatenate([np.zeros(0, np.uint8), *(blob for _, blob in parts)])
        return NameTable(blob, np.cumsum(lengths))


class NameTableBuilder:
    """A table of names that grows."""

    def __init__(self) -> None:
        self._blob = bytearray()
        self._offsets = array("q", [0])

    def add(self, name: str) -> None:
        """Add a name."""
        self._blob += name.encode("utf-8", "surrogateescape")
        self._offsets.append(len(self._blob))

    def table(self) -> NameTable:
        """The table; nothing can be added after that."""
        return NameTable(np.frombuffer(self._blob, np.uint8), np.frombuffer(self._offsets, np.int64))


def are_offsets(offsets: NDArray[np.int64], items: NDArray[Any]) -> bool:
    """Whether these may be where each part of some items begins, and where the last one ends."""
    if not offsets.ndim == items.ndim == 1 or not len(offsets) or offsets[0] != 0 or offsets[-1] != len(items):
        return False
    chunks = (offsets[start : start + CHUNK + 1] for start in range(0, len(offsets), CHUNK))
    return all(bool((chunk[1:] >= chunk[:-1]).all()) for chunk in chunks)


def gathered(
    blob: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Gather some of the texts in a blob, in any order.

    Args:
        blob: uint8, the texts one after the other.
        offsets: int64 (n + 1,), where each begins, and the end of the last one.
        rows: int (m,), the texts to gather.

    Returns:
        Their lengths, int64 (m,), and their bytes, uint8 (sum of the lengths,).
    """
    starts = offsets[rows]
    lengths = offsets[rows + 1] - starts
    ends = np.cumsum(lengths)
    places = np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1] if len(ends) else 0)
    return lengths, blob[places]
