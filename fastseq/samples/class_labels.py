"""Labels by name: class numbers and multi-hot rows over an ordered list of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq.errors import UnknownLabelError


class Labels(NamedTuple):
    """The labels of all samples: the fields of the same name in `Samples`, with `values` as its `labels`."""

    values: NDArray[Any] | None = None
    classes: tuple[str, ...] | None = None
    multi_label: bool = False


def class_names(classes: Iterable[object]) -> tuple[str, ...]:
    """Give classes that a user fixed as text.

    Raises:
        TypeError: if they are one string.
        ValueError: if there are none, or if one comes twice.
    """
    if isinstance(classes, str):
        raise TypeError(f"classes must be a list of names, not the string {classes!r}")
    names = tuple(map(str, classes))
    if not names:
        raise ValueError("classes is empty; leave it out to take the classes from the labels")
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"classes has {listed(twice)} more than once; name each class once")
    return names


def numbered(codes: NDArray[np.integer[Any]], distinct: Sequence[str], classes: tuple[str, ...]) -> Labels:
    """Number labels by their place in `classes`.

    Args:
        codes: int (n,), for each sample the place of its label in `distinct`.
        distinct: the labels that occur.
        classes: the classes in their order.

    Raises:
        UnknownLabelError: if a label is not in `classes`.
    """
    places = _places(distinct, classes)
    numbers = np.fromiter((places[name] for name in distinct), np.int32, len(distinct))
    return Labels(numbers[codes], classes)


def multi_hot(
    codes: NDArray[np.integer[Any]], distinct: Sequence[Collection[str]], fixed: tuple[str, ...] | None
) -> Labels:
    """Mark the classes of samples that can have several.

    Args:
        codes: int (n,), for each sample the place of its labels in `distinct`.
        distinct: the groups of labels that occur; a group without labels is a row without marks.
        fixed: the classes in their order; None for those that occur, sorted.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if no label occurs and `fixed` does not name the classes.
    """
    found = {name: None for group in distinct for name in group}
    classes = fixed or tuple(sorted(found))
    if not classes:
        raise ValueError("no sample has a label; give classes to say which ones there could be")
    places = _places(found, classes)
    rows = np.repeat(np.arange(len(distinct)), list(map(len, distinct)))
    columns = [places[name] for group in distinct for name in group]
    hot = np.zeros((len(distinct), len(classes)), np.bool_)
    hot[rows, columns] = True
    return Labels(hot[codes], classes, True)


def text_labels(
    codes: NDArray[np.integer[Any]], distinct: Sequence[str], fixed: tuple[str, ...] | None, sep: str | None
) -> Labels:
    """Encode labels that are text: class numbers, or multi-hot rows where `sep` separates several.

    Args:
        codes: int (n,), for each sample the place of its text in `distinct`.
        distinct: the texts that occur; none is empty.
        fixed: the classes in their order; None for those that occur, sorted.
        sep: what stands between the labels of one sample, not empty; blanks around a label do not count.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
    """
    if sep is None:
        return numbered(codes, distinct, fixed or tuple(sorted(distinct)))
    groups = [[name for part in text.split(sep) if (name := part.strip())] for text in distinct]
    return multi_hot(codes, groups, fixed)


def listed(names: Collection[object]) -> str:
    """Give the first ten of some names for a message."""
    shown = ", ".join(repr(name) for name, _ in zip(names, range(10), strict=False))
    return f"{shown}, ... ({len(names)} in all)" if len(names) > 10 else shown


def _places(names: Iterable[str], classes: tuple[str, ...]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(classes)}
    unknown = [name for name in names if name not in places]
    if unknown:
        raise UnknownLabelError(
            f"not in classes: {len(unknown)} of the labels: {listed(unknown)}; add them to classes, or "
            "leave out their rows"
        )
    return places
