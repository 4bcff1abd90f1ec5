"""Cells of a table or a list: which ones are missing or not finite, and where one is, for messages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.arguments import shown
from fastseq.errors import SamplesWarning

_MAX_EXACT = 1 << 24  # whole numbers up to here are floats of 32 bits


def at(what: str, row: int) -> str:
    """The position of a cell, for a message."""
    return f"{what}, row {row} (counted from 0)"


def missing(what: str, row: int) -> ValueError:
    """The error for a cell without a value."""
    return ValueError(f"{at(what, row)} is empty; fill it in, or remove the row")


def is_missing(cell: object) -> bool:
    """Whether a cell is None, NaN, pandas' NA or NaT, or empty text."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(cell, str):
        return not cell
    return isinstance(cell, float | np.floating) and bool(cell != cell)


def check_filled(cells: Sequence[str], what: str, first_row: int = 0) -> None:
    """Raise a ValueError that names the row if a text is empty."""
    if "" in cells:
        raise missing(what, first_row + list(cells).index(""))


def row_of(codes: NDArray[np.integer[Any]], place: int) -> int:
    """The first row of the distinct cell at `place`; see `factorise`."""
    return int(np.argmax(codes == place))


def factorise(cells: Sequence[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """The position of each cell among the distinct ones, int64 (n,), and the distinct cells."""
    places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return np.fromiter(map(places.__getitem__, cells), np.int64, len(cells)), list(places)


def path_strings(cells: Iterable[Any], what: str) -> Iterable[str]:
    """Yield cells as paths.

    Raises:
        TypeError: if one is neither text nor an os.PathLike of text.
        ValueError: if one is missing or empty.
    """
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
        path = os.fspath(cell) if isinstance(cell, os.PathLike) else cell
        if not isinstance(path, str):
            raise TypeError(f"{at(what, row)}: {shown(path)} is not a path; use text or a pathlib.Path")
        yield path


def finite(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    """Numbers as float32. ValueError that names the row if one of them is NaN or infinite, or too large."""
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise ValueError(f"{at(what, row)}: {array[row]} is not a finite number; fill it in, or remove the row")
    if (rounded := np.argwhere((np.abs(values) > _MAX_EXACT) & (values != array))).size:
        place = tuple(rounded[0])
        warn_user(
            f"{at(what, int(place[0]))}: {array[place]} becomes {values[place]:.1f}, as float32 has 24 bits; subtract "
            "an offset from these numbers, or scale them",
            SamplesWarning,
        )
    return values
