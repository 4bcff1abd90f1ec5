"""Class numbers in shards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import Labels, listed, number_in

_MANY = 1 << 20  # classes
_CHUNK = 1 << 20  # numbers that are looked at together


def numbers_of_classes(numbers: NDArray[Any], names: tuple[str, ...], what: str) -> Labels:
    """Labels that are class numbers, int (n,), of classes with names.

    Raises:
        ValueError: if there is no class of a number.
    """
    lowest, highest = int(numbers.min()), int(numbers.max())
    if lowest < 0 or highest >= len(names):
        hint = "; if -1 stands for an unknown class, pass label=None" if lowest == -1 else ""
        raise ValueError(f"{what} has numbers from {lowest} to {highest}, but there are {len(names)} classes{hint}")
    return Labels(numbers.astype(np.int64, copy=False), names)


def are_names(classes: Sequence[str], numbers: NDArray[Any]) -> bool:
    """Whether `classes` names the classes that have numbers, and does not list the numbers themselves."""
    return set(classes).isdisjoint(map(str, distinct_numbers(numbers).tolist()))


def distinct_numbers(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """The integers that occur, int64, sorted: without sorting all of them, where they are few."""
    lowest, highest = int(numbers.min()), int(numbers.max())
    if highest - lowest >= _MANY:
        return np.unique(numbers)
    occurs = np.zeros(highest - lowest + 1, np.bool_)
    for start in range(0, len(numbers), _CHUNK):
        occurs[numbers[start : start + _CHUNK] - lowest] = True
    return np.flatnonzero(occurs) + lowest


def warn_of_other_numbers(classes: Sequence[str], what: str) -> None:
    """Warn where the numbers of classes are not those in the files."""
    numbers = list(map(number_in, classes))
    if all(isinstance(number, int) for number in numbers) and numbers != list(range(len(numbers))):
        warn_user(
            f"the numbers in {what} are not 0, 1, 2, ... without a gap, so class numbers are their places among "
            f"{listed(list(classes))}; to keep them, pass classes=range(n) for n classes",
            SamplesWarning,
        )
