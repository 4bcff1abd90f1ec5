"""Labels in a list, an array or a column: find out their kind and encode them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.arguments import shown
from fastseq.samples.class_labels import Labels, multi_hot, numbered, text_labels

GROUPS = (list, tuple, set, frozenset, np.ndarray)


def encode_values(values: Any, fixed: tuple[str, ...] | None, sep: str | None, what: str) -> Labels:
    """Encode one label, or one row of numbers, for each sample.

    Text and integers become class numbers; lists of text, text with `sep` and rows of booleans become multi-hot rows;
    floats and rows of numbers are kept, as float32 (integers in rows as int64).

    Args:
        values: a sequence, an array, or anything that NumPy can convert to an array.
        fixed: the classes in order; None for those that occur, sorted.
        sep: the separator between several labels in one text; None if there is none.
        what: the name of the values in messages.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if a label is missing, or if labels of different kinds are mixed; the message names the row.
    """
    if isinstance(values, list | tuple):
        cells = list(values)
    else:
        array = np.asarray(values)
        if array.dtype.kind in "biuf":
            return _encode_numbers(array, fixed, sep, what)
        if array.dtype.kind not in "OUT" or array.ndim != 1:
            raise ValueError(f"{what}: {array.dtype} of shape {array.shape}; labels are text or numbers")
        cells = array.tolist()
    types = set(map(type, cells))
    if all(issubclass(kind, str) for kind in types):
        check_filled(cells, what)
        codes, distinct = factorise(cells)
        return text_labels(codes, distinct, fixed, sep)
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
    if any(issubclass(kind, GROUPS) for kind in types):
        return _encode_groups(cells, fixed, what)
    if any(issubclass(kind, str) for kind in types):
        row = next(i for i, cell in enumerate(cells) if not isinstance(cell, str))
        raise ValueError(f"{at(what, row)}: {cells[row]!r} is not text, but others are; make all of them text")
    numbers = np.asarray(cells)
    if numbers.dtype.kind not in "biuf":
        raise ValueError(f"{what}: {cells[0]!r} is not a label; labels are text, numbers, or lists of them")
    return _encode_numbers(numbers, fixed, sep, what)


def raw_numbers(columns: Sequence[NDArray[Any]], column_names: Sequence[str]) -> NDArray[Any]:
    """Stack columns of numbers: (n,) float32 or int64 for one column, (n, m) float32 for more."""
    if len(columns) == 1:
        column = columns[0]
        whole = column.dtype.kind in "biu"
        return column.astype(np.int64) if whole else _finite(column, column_names[0])
    floats = [_finite(column, what) for column, what in zip(columns, column_names, strict=True)]
    return np.stack(floats, axis=1)


def check_filled(cells: Sequence[str], what: str, first_row: int = 0) -> None:
    """Raise a ValueError that names the row if a text is empty."""
    if "" in cells:
        raise missing(what, first_row + list(cells).index(""))


def missing(what: str, row: int) -> ValueError:
    """The error for a cell without a value."""
    return ValueError(f"{at(what, row)} is empty; fill it in, or remove the row")


def at(what: str, row: int) -> str:
    """The position of a cell, for a message."""
    return f"{what}, row {row} (counted from 0)"


def is_missing(cell: object) -> bool:
    """Whether a cell is None, NaN, pandas' NA or NaT, or empty text."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(cell, str):
        return not cell
    return isinstance(cell, float | np.floating) and bool(cell != cell)


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


def _encode_numbers(array: NDArray[Any], fixed: tuple[str, ...] | None, sep: str | None, what: str) -> Labels:
    if array.ndim not in (1, 2):
        raise ValueError(f"{what}: shape {array.shape}; a sample needs one value, or one row of values")
    whole = array.dtype.kind in "biu"
    if array.ndim == 2 and array.dtype.kind == "b":
        classes = fixed or tuple(map(str, range(array.shape[1])))
        if len(classes) != array.shape[1]:
            raise ValueError(f"{what}: {array.shape[1]} columns of booleans for {len(classes)} classes")
        return Labels(np.array(array), classes, True)
    if sep is not None and not whole:
        raise ValueError(f"{what}: label_sep is for text, but these are numbers; omit it")
    if array.ndim == 2 or (not whole and fixed is None):
        return Labels(array.astype(np.int64) if whole else _finite(array, what))
    distinct, codes = np.unique(array, return_inverse=True)
    names = list(map(str, distinct.tolist()))
    if sep is not None:
        return text_labels(codes, names, fixed, sep)
    return numbered(codes, names, fixed or tuple(names))


def _encode_groups(cells: list[Any], fixed: tuple[str, ...] | None, what: str) -> Labels:
    for row, cell in enumerate(cells):
        if not isinstance(cell, GROUPS):
            raise ValueError(f"{at(what, row)}: {cell!r} is not a list, but others are; make all of them lists")
    groups = [tuple(cell) for cell in cells]
    if all(isinstance(name, str) for group in groups for name in group):
        codes, distinct = factorise(groups)
        if any("" in group for group in distinct):
            raise missing(what, next(row for row, group in enumerate(groups) if "" in group))
        return multi_hot(codes, distinct, fixed)
    if len(set(map(len, groups))) > 1:
        raise ValueError(f"{what}: rows of numbers have different lengths; they must be equal")
    numbers = np.asarray(groups)
    if numbers.dtype.kind not in "biuf":
        raise ValueError(f"{what}: {groups[0]!r} mixes text and numbers; use one of them")
    return _encode_numbers(numbers, fixed, None, what)


def _finite(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise ValueError(f"{at(what, row)}: {array[row]} is not a finite number; fill it in, or remove the row")
    return values
