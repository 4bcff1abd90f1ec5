"""The labels of a data set of Hugging Face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.cells import at, is_missing, missing
from fastseq.samples.class_labels import Labels, checked_classes, listed, multi_hot, numbered
from fastseq.samples.label_values import encode_values
from fastseq.samples.sources.class_numbers import are_names, numbers_of_classes, warn_of_other_numbers

_USUAL = ("label", "labels")


def label_column(features: Mapping[str, Any], image: str, label: str | None) -> str | None:
    """The column of the labels: the one that a user named, or for "inferred" the only one with classes, or a usual one.

    Raises:
        ValueError: if there is no such column.
    """
    if label is None:
        return None
    others = [name for name in features if name != image]
    if label != "inferred":
        if label not in others:
            raise ValueError(f"there is no column {label!r} of labels; the other columns are {listed(others)}")
        return label
    with_classes = [name for name in others if class_label(features[name]) is not None]
    if len(with_classes) == 1:
        return with_classes[0]
    usual = [name for name in _USUAL if name in (with_classes or others)]
    if not usual:
        found = "no column is usual for labels"
        if with_classes:
            found = f"several columns have classes: {listed(with_classes)}"
        raise ValueError(
            f"{found}; the columns besides the images are {listed(others) or 'none'}. Name that of the labels: "
            "label=..., or pass label=None for none"
        )
    return usual[0]


def class_label(feature: Any) -> Any:
    """The ClassLabel that a feature is, or that its lists hold; None for others."""
    inner = _inner(feature)
    found = feature if inner is None else inner
    return found if getattr(found, "_type", None) == "ClassLabel" else None


def encode_column(
    column: Any, feature: Any, rows: NDArray[np.int64], fixed: tuple[str, ...] | None, what: str
) -> Labels:
    """Encode the labels of some rows.

    Args:
        column: a pyarrow.ChunkedArray with these rows.
        feature: its feature.
        rows: int64 (n,), the rows that these are of the data set, for messages.
        fixed: the classes in order; None for those of a ClassLabel, or those that occur.
        what: the name of the column in messages.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if a label is missing, or none of the classes; the message names the row.
    """
    if column.null_count:
        raise missing(what, int(rows[int(np.argmax(column.is_null().to_numpy()))]))
    classes = class_label(feature)
    if classes is None:
        return _encode_plain(column.to_pylist(), fixed, what, _of_rows(what, rows))
    names = checked_classes(classes.names)
    if _inner(feature) is not None:
        return _multi_hot(column.to_pylist(), names, rows, fixed or names, what)
    numbers = column.to_numpy()
    _check(numbers, names, rows, what)
    if fixed is None:
        return Labels(numbers.astype(np.int64), names)
    distinct, codes = np.unique(numbers, return_inverse=True)
    return numbered(codes, [names[number] for number in distinct.tolist()], fixed)


def _encode_plain(values: list[Any], fixed: tuple[str, ...] | None, column: str, what: str) -> Labels:
    """Encode labels without a ClassLabel; `what` is the column, with what its rows are, in messages."""
    if fixed is not None and all(type(value) is int for value in values):
        numbers = np.array(values, np.int64)
        if are_names(fixed, numbers):
            return numbers_of_classes(numbers, fixed, what)
    labels = encode_values(values, fixed, None, what)
    if fixed is None and not labels.multi_label:
        warn_of_other_numbers(labels.classes or (), column)
    return labels


def _inner(feature: Any) -> Any:
    """The feature of the items of lists; None if it is not one of lists."""
    if isinstance(feature, list):
        return feature[0] if len(feature) == 1 else None
    return getattr(feature, "feature", None)


def _multi_hot(
    groups: list[list[Any]], names: tuple[str, ...], rows: NDArray[np.int64], classes: tuple[str, ...], what: str
) -> Labels:
    lengths = np.fromiter(map(len, groups), np.int64, len(groups))
    flat = [number for group in groups for number in group]
    of_flat = np.repeat(rows, lengths)
    if any(map(is_missing, flat)):
        raise missing(what, int(of_flat[next(i for i, number in enumerate(flat) if is_missing(number))]))
    _check(np.array(flat, np.int64), names, of_flat, what)
    keys = list(map(tuple, groups))
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    codes = np.fromiter(map(places.__getitem__, keys), np.int64, len(keys))
    return multi_hot(codes, [tuple(names[number] for number in key) for key in places], classes)


def _check(numbers: NDArray[Any], names: tuple[str, ...], rows: NDArray[np.int64], what: str) -> None:
    """Raise a ValueError that names the row if a number is not that of a class."""
    wrong = (numbers < 0) | (numbers >= len(names))
    if not wrong.any():
        return
    place = int(np.argmax(wrong))
    hint = "; -1 stands for no label, as in test sets: pass label=None" if numbers[place] == -1 else ""
    raise ValueError(
        f"{at(what, int(rows[place]))}: {numbers[place]} is not the number of one of the {len(names)} classes{hint}"
    )


def _of_rows(what: str, rows: NDArray[np.int64]) -> str:
    """The name of the column, for messages that count the rows that are left."""
    return what if len(rows) == 0 or rows[-1] == len(rows) - 1 else f"{what} without the rows that were left out"
