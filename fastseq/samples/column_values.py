"""Values of samples that become inputs of a model: numbers, booleans, rows of them, or text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.arguments import shown
from fastseq.samples.cells import at, finite, is_missing, missing
from fastseq.samples.class_labels import plain

_KINDS = (
    ("a boolean", (bool, np.bool_)),
    ("text", (str,)),
    ("a number", (int, float, np.integer, np.floating)),
    ("a row", (list, tuple, np.ndarray)),
)
_MAX_INTEGER = 2**63 - 1


def column_values(values: Any, what: str) -> NDArray[Any]:
    """One value, or one row of numbers, for each sample, as an array.

    Args:
        values: a list, an array, or anything that NumPy can convert to an array.
        what: the name of the values in messages.

    Returns:
        A new array: int64 for integers, float32 for other numbers, bool for booleans, (n,) or (n, k); objects (n,) for
        text, each a str without the whitespace around it.

    Raises:
        ValueError: if a value is missing, infinite or of another kind than the others, if rows differ in length, or if
            they are something else; the message names the row.
    """
    if isinstance(values, list | tuple):
        return _of_cells(values, what)
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return _numeric(array, what)
    if array.dtype.kind not in "OUT" or array.ndim != 1:
        raise ValueError(
            f"{what}: {array.dtype} of shape {array.shape}; a sample needs a number, a boolean, a text or a row of "
            "numbers: convert the column"
        )
    return _of_cells(array.tolist(), what)


def side_by_side(columns: Sequence[NDArray[Any]], column_names: Sequence[str]) -> NDArray[Any]:
    """Make one array, (n, k), of k columns as `column_values` gives them; booleans among numbers become 0 and 1.

    Raises:
        ValueError: if one of them does not hold one number or boolean for each sample.
    """
    for column, what in zip(columns, column_names, strict=True):
        if column.dtype.kind == "O" or column.ndim != 1:
            held = "text" if column.dtype.kind == "O" else "rows"
            raise ValueError(f"{what} holds {held}, but a list of columns is for numbers; make it an input of its own")
    dtypes = {column.dtype for column in columns}
    floats = np.dtype(np.float32)
    dtype = dtypes.pop() if len(dtypes) == 1 else floats if floats in dtypes else np.dtype(np.int64)
    return np.stack([column.astype(dtype) for column in columns], axis=1)


def _of_cells(cells: Sequence[Any], what: str) -> NDArray[Any]:
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
    kinds = {kind: _kind(kind) for kind in set(map(type, cells))}
    found = set(kinds.values())
    if None in found:
        row = next(row for row, cell in enumerate(cells) if kinds[type(cell)] is None)
        raise ValueError(
            f"{at(what, row)}: {shown(cells[row])} is neither a number, a boolean, text nor a row of numbers; "
            "convert the column"
        )
    if len(found) > 1:
        first = kinds[type(cells[0])]
        row = next(row for row, cell in enumerate(cells) if kinds[type(cell)] != first)
        raise ValueError(
            f"{at(what, row)}: {shown(cells[row])} is {kinds[type(cells[row])]}, but row 0 has {first}; make all "
            "values of one kind"
        )
    if found == {"a row"}:
        return _numeric(_rows(cells, what), what)
    if found == {"text"}:
        texts = [plain(cell).strip() for cell in cells]
        if "" in texts:
            raise missing(what, texts.index(""))
        return np.array(texts, object)  # a str array takes as much for each text as for the longest
    if all(issubclass(kind, int | np.integer) for kind in kinds):
        for row, cell in enumerate(cells):
            if not -_MAX_INTEGER - 1 <= cell <= _MAX_INTEGER:
                raise _too_large(cell, row, what)
    return _numeric(np.asarray(cells), what)


def _kind(kind: type) -> str | None:
    return next((name for name, types in _KINDS if issubclass(kind, types)), None)


def _rows(cells: Sequence[Any], what: str) -> NDArray[Any]:
    """Stack rows of numbers, or of booleans."""
    rows: list[NDArray[Any]] = []
    for number, cell in enumerate(cells):
        try:
            row = np.asarray(cell)
        except ValueError:  # lists of different lengths in it
            row = np.empty(0, object)
        if row.ndim != 1 or row.dtype.kind not in "biuf":
            raise ValueError(f"{at(what, number)}: {shown(cell)} is not a row of numbers; convert the column")
        if rows and row.shape != rows[0].shape:
            raise ValueError(
                f"{at(what, number)}: the rows have different lengths, {len(rows[0])} and {len(row)}; make them equal"
            )
        if rows and (row.dtype.kind == "b") != (rows[0].dtype.kind == "b"):
            raise ValueError(f"{at(what, number)}: booleans and numbers are mixed; make all rows of one kind")
        rows.append(row)
    return np.stack(rows)


def _numeric(array: NDArray[Any], what: str) -> NDArray[Any]:
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise ValueError(f"{what}: shape {array.shape}; a sample needs one value, or one row of numbers")
    if array.dtype.kind == "b":
        return array.astype(np.bool_)
    if array.dtype.kind == "f":
        return finite(array, what)
    if array.dtype.kind == "u" and (large := np.argwhere(array > _MAX_INTEGER)).size:
        raise _too_large(array[tuple(large[0])], int(large[0, 0]), what)
    return array.astype(np.int64)


def _too_large(value: object, row: int, what: str) -> ValueError:
    return ValueError(f"{at(what, row)}: {value} does not fit in 64 bits; make it a float, or a text")
