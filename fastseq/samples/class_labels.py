"""Labels by name: the order of the classes, class numbers and multi-hot rows.

Classes are numbered from 0, in the order that the user gives. Without one, the classes that occur are sorted: as
numbers if all of them are numbers, otherwise as text, by code point. That is so whether labels are folders, text,
integers or cells of a CSV file, so the same labels get the same numbers however they arrive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.arguments import check_ordered, shown
from fastseq.errors import SamplesWarning, UnknownLabelError
from fastseq.samples.multi_hot import MultiHot

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


class Labels(NamedTuple):
    """The labels of all samples, as `Samples` has them: `values` are its `labels`."""

    values: NDArray[Any] | MultiHot | None = None
    classes: tuple[str, ...] | None = None
    multi_label: bool = False
    empty_classes: tuple[str, ...] = ()
    ambiguous_integers: bool = False


def checked_columns(
    image: object, label: object, classes: Iterable[object] | None, what: str
) -> tuple[str, ...] | None:
    """Check the names of the images and of the labels, and return the classes that a user has fixed.

    Args:
        image: a name.
        label: a name; None for no labels.
        classes: as for `checked_classes`; None for those that occur.
        what: what is named: "a column" or "one feature".

    Raises:
        TypeError: if a name is no text, or as for `checked_classes`.
        ValueError: if there are classes without labels, or as for `checked_classes`.
    """
    for argument, name in (("image", image), ("label", label)):
        if not isinstance(name, str) and (argument == "image" or name is not None):
            raise TypeError(f"{argument} must be the name of {what}, not {shown(name)}")
    if label is None and classes is not None:
        raise ValueError(f"classes without labels; name the {what.split()[-1]} of the labels, or omit classes")
    return None if classes is None else checked_classes(classes)


def checked_classes(classes: Iterable[object]) -> tuple[str, ...]:
    """Convert the classes that a user passed to text.

    Raises:
        TypeError: if they are a single string, or no list.
        ValueError: if there are none, or if one is repeated.
    """
    if isinstance(classes, str):
        raise TypeError(f"classes must be a list of names, not the string {classes!r}")
    if hasattr(classes, "classes"):
        raise TypeError(f"classes must be a list of names, not {classes!r}; pass its .classes")
    if not isinstance(classes, Iterable):
        raise TypeError(f"classes must be a list of names, not {classes!r}")
    check_ordered("classes", classes)
    names = tuple(map(plain, classes))
    if not names:
        raise ValueError("classes is empty; leave it out to take the classes from the labels")
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(f"classes has {listed(repeated)} more than once; name each class once")
    return names


def plain(name: object) -> str:
    """A label as a plain `str`: NumPy's text and other subclasses look different in a `repr`, and so in a hash."""
    return str.__str__(name) if isinstance(name, str) else str(name)


def number_in(name: str) -> int | float | None:
    """The number that a label is; None if it is any other text."""
    if _INTEGER.fullmatch(name):
        return int(name)
    return float(name) if _DECIMAL.fullmatch(name) else None


def class_order(names: Collection[str], what: str | None = None, *, in_keras: bool = True) -> tuple[str, ...]:
    """Sort the classes that occur: as numbers if all of them are numbers, otherwise as text.

    Args:
        names: the classes, each once.
        what: what has these labels, for two warnings: that classes differ only in how they are written, and that Keras,
            which sorts numbers as text, has them in another order. None where they arrived as numbers.
        in_keras: whether Keras reads such labels at all.
    """
    as_text = tuple(sorted(names))
    numbers = {name: number_in(name) for name in as_text}
    if any(number is None for number in numbers.values()):
        ordered = as_text
    else:
        ordered = tuple(sorted(as_text, key=numbers.__getitem__))  # type: ignore[arg-type]
    if what is not None:
        _warn_of_twins(as_text, what)
        if in_keras and ordered != as_text:
            warn_user(
                f"{what}: the classes are numbers, and in the order of numbers: {listed(ordered)}. Keras sorts them as "
                f"text: {listed(as_text)}. Pass classes=... in the order that you want",
                SamplesWarning,
            )
    return ordered


def numbered(
    codes: NDArray[np.integer[Any]], distinct: Sequence[str], classes: tuple[str, ...], *, ambiguous: bool = False
) -> Labels:
    """Number labels by their position in `classes`.

    Args:
        codes: int (n,), the position of each sample's label in `distinct`.
        distinct: the labels that occur.
        classes: the classes in order.
        ambiguous: whether they are integers that nobody called classes or numbers.

    Raises:
        UnknownLabelError: if a label is not in `classes`.
    """
    places = _places(distinct, classes)
    numbers = np.fromiter((places[name] for name in distinct), np.int64, len(distinct))
    return Labels(numbers[codes], classes, ambiguous_integers=ambiguous)


def multi_hot(
    codes: NDArray[np.integer[Any]],
    distinct: Sequence[Collection[str]],
    fixed: tuple[str, ...] | None,
    what: str | None = None,
    *,
    in_keras: bool = True,
) -> Labels:
    """Encode samples that can have several labels each.

    Args:
        codes: int (n,), the position of each sample's labels in `distinct`.
        distinct: the groups of labels that occur; an empty group becomes a row of False.
        fixed: the classes in order; None for those that occur, in the order of `class_order`.
        what: see `class_order`.
        in_keras: likewise.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if no label occurs and `fixed` is None.
    """
    found = {name: None for group in distinct for name in group}
    if not found and fixed is None:
        raise ValueError("no sample has a label; pass classes to name those that are possible")
    classes = fixed or class_order(found, what, in_keras=in_keras)
    places = _places(found, classes)
    rows = MultiHot.from_columns(([places[name] for name in group] for group in distinct), len(classes))
    return Labels(rows.take(codes), classes, True)


def listed(names: Collection[object]) -> str:
    """The first ten names, for a message."""
    text = ", ".join(shown(name) for name, _ in zip(names, range(10), strict=False))
    return f"{text}, ... ({len(names)} in all)" if len(names) > 10 else text


def _places(names: Iterable[str], classes: tuple[str, ...]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(classes)}
    unknown = [name for name in names if name not in places]
    if unknown:
        raise UnknownLabelError(f"some labels are not in classes: {listed(unknown)}; {_remedy(unknown, classes)}")
    return places


def _remedy(unknown: Sequence[str], classes: tuple[str, ...]) -> str:
    """What to do about labels that are not in `classes`."""
    meanings = {_meaning(name): name for name in classes}
    for name in unknown:
        if twin := meanings.get(_meaning(name)):
            advice = "; convert a column of floats by .astype(int)" if isinstance(number_in(name), float) else ""
            return f"{name!r} is the class {twin!r} written in another way: write both alike{advice}"
    return "add them to classes, or remove their rows"


def _meaning(name: str) -> int | float | str:
    """What labels have in common that differ only in how they are written."""
    number = number_in(name.strip())
    return name.strip() if number is None else number


def _warn_of_twins(names: Iterable[str], what: str) -> None:
    groups: dict[int | float | str, list[str]] = {}
    for name in names:
        groups.setdefault(_meaning(name), []).append(name)
    twins = [group for group in groups.values() if len(group) > 1]
    if twins:
        warn_user(
            f"{what}: {listed(twins[0])} are different classes, but differ only in how they are written; write them "
            "alike if they are the same",
            SamplesWarning,
        )
