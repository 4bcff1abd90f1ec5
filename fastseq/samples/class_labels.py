"""Labels by name: class numbers and multi-hot rows for an ordered list of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq.arguments import shown
from fastseq.errors import UnknownLabelError


class Labels(NamedTuple):
    """The labels of all samples, as `Samples` has them: `values` are its `labels`."""

    values: NDArray[Any] | None = None
    classes: tuple[str, ...] | None = None
    multi_label: bool = False
    empty_classes: tuple[str, ...] = ()


def class_names(classes: Iterable[object]) -> tuple[str, ...]:
    """Convert the classes that a user passed to text.

    Raises:
        TypeError: if they are a single string, or no list.
        ValueError: if there are none, or if one is repeated.
    """
    if isinstance(classes, str):
        raise TypeError(f"classes must be a list of names, not the string {classes!r}")
    if not isinstance(classes, Iterable):
        raise TypeError(f"classes must be a list of names, not {classes!r}")
    names = tuple(map(str, classes))
    if not names:
        raise ValueError("classes is empty; leave it out to take the classes from the labels")
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(f"classes has {listed(repeated)} more than once; name each class once")
    return names


def numbered(codes: NDArray[np.integer[Any]], distinct: Sequence[str], classes: tuple[str, ...]) -> Labels:
    """Number labels by their position in `classes`.

    Args:
        codes: int (n,), the position of each sample's label in `distinct`.
        distinct: the labels that occur.
        classes: the classes in order.

    Raises:
        UnknownLabelError: if a label is not in `classes`.
    """
    places = _places(distinct, classes)
    numbers = np.fromiter((places[name] for name in distinct), np.int32, len(distinct))
    return Labels(numbers[codes], classes)


def multi_hot(
    codes: NDArray[np.integer[Any]], distinct: Sequence[Collection[str]], fixed: tuple[str, ...] | None
) -> Labels:
    """Encode samples that can have several labels each.

    Args:
        codes: int (n,), the position of each sample's labels in `distinct`.
        distinct: the groups of labels that occur; an empty group becomes a row of False.
        fixed: the classes in order; None for those that occur, sorted.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if no label occurs and `fixed` is None.
    """
    found = {name: None for group in distinct for name in group}
    classes = fixed or tuple(sorted(found))
    if not classes:
        raise ValueError("no sample has a label; pass classes to name those that are possible")
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
        codes: int (n,), the position of each sample's text in `distinct`.
        distinct: the texts that occur; none is empty.
        fixed: the classes in order; None for those that occur, sorted.
        sep: the separator between the labels of a sample, not empty; blanks around a label are ignored.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
    """
    if sep is None:
        return numbered(codes, distinct, fixed or tuple(sorted(distinct)))
    groups = [[name for part in text.split(sep) if (name := part.strip())] for text in distinct]
    return multi_hot(codes, groups, fixed)


def listed(names: Collection[object]) -> str:
    """The first ten names, for a message."""
    text = ", ".join(shown(name) for name, _ in zip(names, range(10), strict=False))
    return f"{text}, ... ({len(names)} in all)" if len(names) > 10 else text


def _places(names: Iterable[str], classes: tuple[str, ...]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(classes)}
    unknown = [name for name in names if name not in places]
    if unknown:
        raise UnknownLabelError(
            f"some labels are not in classes: {listed(unknown)}; add them to classes, or remove their rows"
        )
    return places
