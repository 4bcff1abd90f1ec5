"""Rows of booleans for millions of samples, in memory that grows with the labels that are set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, eq=False)
class MultiHot(NDArrayOperatorsMixin):
    """A read-only array of booleans, (n, width), that stores which columns of each row are True.

    An index makes the rows that it selects, as NumPy would: `rows[3]`, `rows[[5, 2]]`, `rows[:10]`. `np.asarray(rows)`
    makes all of them; so does every other operation on it.

    Attributes:
        offsets: int64 (n + 1,), the start of each row in `columns`, and the end of the last one.
        columns: unsigned integers, the columns that are True, row by row; each row is sorted, without repetitions.
        width: the number of columns.
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.unsignedinteger[Any]]
    width: int

    ndim = 2
    dtype = np.dtype(np.bool_)

    def __post_init__(self) -> None:
        self.offsets.setflags(write=False)
        self.columns.setflags(write=False)

    @classmethod
    def from_columns(cls, rows: Iterable[Iterable[int]], width: int) -> MultiHot:
        """Store rows that are given by their columns, in any order."""
        ordered = [sorted(set(row)) for row in rows]
        lengths = np.fromiter(map(len, ordered), np.int64, len(ordered))
        columns = np.fromiter(chain.from_iterable(ordered), _column_type(width), int(lengths.sum()))
        return cls(_offsets(lengths), columns, width)

    @classmethod
    def from_dense(cls, array: NDArray[np.bool_]) -> MultiHot:
        """Store an array of booleans, (n, width)."""
        lengths = array.sum(axis=1, dtype=np.int64)
        return cls(_offsets(lengths), array.nonzero()[1].astype(_column_type(array.shape[1])), array.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows, and of columns."""
        return len(self), self.width

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, key: Any) -> NDArray[np.bool_]:
        """Make the rows that `key` selects, or select from all of them if it is a tuple."""
        if isinstance(key, tuple):
            part: NDArray[np.bool_] = np.asarray(self)[key]
            return part
        if np.ndim(key) == 0 and not isinstance(key, slice):
            row: NDArray[np.bool_] = self._dense(self._numbers([key]))[0]
            return row
        return self._dense(self._numbers(key))

    def take(self, which: Any) -> MultiHot:
        """Select rows, as an index does, without making them.

        Raises:
            IndexError: if there is no such row.
        """
        lengths, columns = self._columns_of(self._numbers(which))
        return MultiHot(_offsets(lengths), columns, self.width)

    def nonzero(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows and the columns that are True, int64 (m,) each, as `np.nonzero` gives them."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets)), self.columns.astype(np.int64)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("the rows are not stored as an array; use np.asarray")
        dense = self._dense(np.arange(len(self)))
        return dense if dtype is None else dense.astype(dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        dense = [np.asarray(value) if isinstance(value, MultiHot) else value for value in inputs]
        return getattr(ufunc, method)(*dense, **kwargs)

    def _numbers(self, which: Sequence[int] | NDArray[Any] | slice) -> NDArray[np.int64]:
        """The numbers of the rows that an index selects."""
        if isinstance(which, slice):
            return np.arange(len(self))[which]
        rows = np.asarray(which)
        if rows.dtype == np.bool_ or not rows.size:
            return np.arange(len(self))[rows if rows.size else slice(0)]
        if rows.min() < -len(self) or rows.max() >= len(self):
            raise IndexError(f"there is no row {rows.min() if rows.min() < 0 else rows.max()}: there are {len(self)}")
        return np.where(rows < 0, rows + len(self), rows)

    def _columns_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.unsignedinteger[Any]]]:
        """The number of columns of each of these rows, and the columns."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        ends = np.cumsum(lengths)
        places = np.repeat(starts - (ends - lengths), lengths) + np.arange(lengths.sum())
        return lengths, self.columns[places]

    def _dense(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        lengths, columns = self._columns_of(rows)
        dense = np.zeros((len(rows), self.width), np.bool_)
        dense[np.repeat(np.arange(len(rows)), lengths), columns] = True
        return dense


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _column_type(width: int) -> np.dtype[Any]:
    return np.min_scalar_type(max(width - 1, 0))
