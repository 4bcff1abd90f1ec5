"""What indexing `Samples` gives: one sample, or their paths as a list that makes each one when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from fastseq.file_range import FileRange
from fastseq.samples.path_table import PathTable


class Sample(NamedTuple):
    """One sample.

    Attributes:
        path: its file, or the part of a file, or the name of an image in memory.
        label: as in `Samples.labels`: the number of its class (int), a number, a row of them, or None.
    """

    path: str | FileRange
    label: Any


class FilePaths(Sequence[str]):
    """The paths of samples, in their order."""

    def __init__(self, table: PathTable, rows: NDArray[np.int64] | range) -> None:
        self._table = table
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, i: int) -> str: ...

    @overload
    def __getitem__(self, i: slice) -> FilePaths: ...

    def __getitem__(self, i: int | slice) -> str | FilePaths:
        """The path of sample `i`, or those of a slice. IndexError if there is no such sample."""
        if isinstance(i, slice):
            return FilePaths(self._table, self._rows[i])
        return self._table.path(int(self._rows[i]))

    def __eq__(self, other: object) -> bool:
        """Whether `other` is a list, a tuple or the like of the same paths."""
        if not isinstance(other, FilePaths | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(mine == yours for mine, yours in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3]))
        return f"[{shown}{', ...' * (len(self) > 3)}]"
