"""Labels in a list, an array or a column: find out their kind and encode them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.cells import at, factorise, finite, is_missing, missing
from fastseq.samples.class_labels import Labels, checked_classes, class_order, listed, multi_hot, numbered, plain
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.text_labels import check_no_lists, text_labels

_GROUPS = (list, tuple, set, frozenset, np.ndarray)
_BOOLEANS = (bool, np.bool_)


def encode_values(values: Any, fixed: tuple[str, ...] | None, sep: str | None, what: str) -> Labels:
    """Encode one label, or one row of numbers, for each sample.

    Text and integers become class numbers; lists of text, text with `sep` and rows of booleans become multi-hot rows,
    as do lists of integers with `fixed`; floats and rows of numbers are kept, as float32 (integers in rows as int64).

    Args:
        values: a sequence, an array, or anything that NumPy can convert to an array. The classes of a pandas
            Categorical are its categories, in their order.
        fixed: the classes in order; None for those that occur, in the order of `class_order`.
        sep: the separator between several labels in one text; None if there is none.
        what: the name of the values in messages.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if a label is missing, or if labels of different kinds are mixed; the message names the row.
    """
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "name", None) == "category" and sep is None:
        return _encode_categorical(values, dtype, fixed, what)
    if isinstance(values, list | tuple):
        cells = list(values)
    else:
        array = np.asarray(values)
        if array.dtype.kind in "biuf" and (sep is None or array.ndim != 1):
            return _encode_numbers(array, fixed, what)
        if array.dtype.kind not in "OUTbiuf" or array.ndim != 1:
            raise ValueError(f"{what}: {array.dtype} of shape {array.shape}; labels are text or numbers")
        cells = array.tolist()
    if any(issubclass(kind, _GROUPS) for kind in set(map(type, cells))):
        if sep is not None:
            cells = [() if is_missing(cell) else cell for cell in cells]
        return _encode_groups(cells, fixed, what)
    if sep is not None:
        cells = [_separable(cell, row, what) for row, cell in enumerate(cells)]
    types = set(map(type, cells))
    if all(issubclass(kind, str) for kind in types):
        return text_labels(*factorise(cells), fixed, sep, what)
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
    if any(issubclass(kind, str) for kind in types):
        row = next(i for i, cell in enumerate(cells) if not isinstance(cell, str))
        raise ValueError(f"{at(what, row)}: {cells[row]!r} is not text, but others are; make all of them text")
    numbers = np.asarray(cells)
    if numbers.dtype.kind not in "biuf":
        raise ValueError(f"{what}: {cells[0]!r} is not a label; labels are text, numbers, or lists of them")
    return _encode_numbers(numbers, fixed, what)


def raw_numbers(columns: Sequence[NDArray[Any]], column_names: Sequence[str]) -> NDArray[Any]:
    """Stack columns of numbers: (n,) float32 or int64 for one column, (n, m) float32 for more."""
    if len(columns) == 1:
        column = columns[0]
        whole = column.dtype.kind in "biu"
        return column.astype(np.int64) if whole else finite(column, column_names[0])
    floats = [finite(column, what) for column, what in zip(columns, column_names, strict=True)]
    return np.stack(floats, axis=1)


def _separable(cell: Any, row: int, what: str) -> str:
    """The text of a cell that may have several labels: "" for a missing one, "3" for 3 and 3.0."""
    if is_missing(cell):
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, (*_BOOLEANS, int, np.integer)):
        return str(cell)
    if isinstance(cell, (float, np.floating)) and cell.is_integer():
        return str(int(cell))
    raise ValueError(f"{at(what, row)}: {cell!r} is not text; label_sep is for text and whole numbers")


def _encode_categorical(values: Any, dtype: Any, fixed: tuple[str, ...] | None, what: str) -> Labels:
    categories = dtype.categories.tolist()
    classes = checked_classes(categories)
    cells = np.asarray(values, object).tolist()
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
    codes, distinct = factorise(cells)
    names = list(map(plain, distinct))
    check_no_lists(codes, names, fixed, what)
    labels = numbered(codes, names, fixed or classes)
    from_text = not dtype.ordered and all(isinstance(category, str) for category in categories)
    if fixed is None and from_text and list(classes) == sorted(classes) and classes != class_order(classes):
        warn_user(
            f"{what}: the order of a Categorical is kept, and this one sorts numbers as text: {listed(classes)}. Pass "
            "classes=... in the order that you want; everywhere else it is that of numbers",
            SamplesWarning,
        )
    return labels


def _encode_numbers(array: NDArray[Any], fixed: tuple[str, ...] | None, what: str) -> Labels:
    if array.ndim not in (1, 2):
        raise ValueError(f"{what}: shape {array.shape}; a sample needs one value, or one row of values")
    kind = array.dtype.kind
    if array.ndim == 2 and kind == "b":
        classes = fixed or tuple(map(str, range(array.shape[1])))
        if len(classes) != array.shape[1]:
            raise ValueError(f"{what}: {array.shape[1]} columns of booleans for {len(classes)} classes")
        return Labels(MultiHot.from_dense(array), classes, True)
    if array.ndim == 2 and fixed is not None:
        raise ValueError(
            f"{what}: classes is for labels, but these are rows of numbers; omit it, or pass rows of booleans, such as "
            "labels.astype(bool), if each row has a 0 or 1 for each class"
        )
    if array.ndim == 2 or (kind == "f" and fixed is None):
        return Labels(finite(array, what) if kind == "f" else array.astype(np.int64))
    if kind == "f" and np.isnan(array).any():
        raise missing(what, int(np.argmax(np.isnan(array))))
    distinct, codes = np.unique(array, return_inverse=True)
    names = list(map(str, distinct.tolist()))
    return numbered(codes, names, fixed or tuple(names), ambiguous=fixed is None and kind != "b")


def _encode_groups(cells: list[Any], fixed: tuple[str, ...] | None, what: str) -> Labels:
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise missing(what, row)
        if not isinstance(cell, _GROUPS):
            raise ValueError(f"{at(what, row)}: {cell!r} is not a list, but others are; make all of them lists")
    groups = [tuple(cell) for cell in cells]
    types = set(map(type, chain.from_iterable(groups)))
    if all(issubclass(kind, str) for kind in types):
        groups = [tuple(plain(name).strip() for name in group) for group in groups]
        codes, distinct = factorise(groups)
        if any("" in group for group in distinct):
            raise missing(what, next(row for row, group in enumerate(groups) if "" in group))
        return multi_hot(codes, distinct, fixed, what)
    text = {kind for kind in types if issubclass(kind, str)}
    if others := {kind for kind in types - text if not issubclass(kind, (int, float, np.number, np.bool_))}:
        row = _first_with(groups, others)
        raise ValueError(f"{at(what, row)}: {groups[row]!r} is no list of labels; labels are text or numbers")
    if text:
        row = _first_with(groups, text)
        raise ValueError(f"{at(what, row)}: {groups[row]!r} mixes text and numbers; use one of them")
    whole = all(issubclass(kind, (int, np.integer)) and not issubclass(kind, _BOOLEANS) for kind in types)
    if whole and (fixed is not None or any(isinstance(cell, (set, frozenset)) for cell in cells)):
        return _encode_class_ids(groups, fixed, what)
    lengths = list(map(len, groups))
    if len(set(lengths)) > 1:
        row = next(row for row, length in enumerate(lengths) if length != lengths[0])
        advice = "pass all classes, such as classes=range(10), if they are classes" if whole else "make them equal"
        raise ValueError(
            f"{at(what, row)}: the rows of numbers have different lengths, {lengths[0]} and {lengths[row]}; {advice}"
        )
    labels = _encode_numbers(np.asarray(groups), fixed, what)
    return labels._replace(ambiguous_integers=whole and not any(isinstance(cell, np.ndarray) for cell in cells))


def _first_with(groups: list[tuple[Any, ...]], types: set[type]) -> int:
    """The first row with a label of one of these types."""
    return next(row for row, group in enumerate(groups) if not types.isdisjoint(map(type, group)))


def _encode_class_ids(groups: list[tuple[int, ...]], fixed: tuple[str, ...] | None, what: str) -> Labels:
    """Encode lists of integers as several classes for each sample."""
    codes, distinct = factorise([tuple(map(int, group)) for group in groups])
    if fixed is not None and all(len(group) == len(fixed) and set(group) <= {0, 1} for group in distinct):
        raise ValueError(
            f"{at(what, 0)}: {distinct[0]!r} may be classes, or a 0 or 1 for each class; pass rows of booleans for the "
            "latter, and lists of text for classes"
        )
    return multi_hot(codes, [tuple(map(str, group)) for group in distinct], fixed)
