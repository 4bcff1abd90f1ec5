"""Class numbers in shards, which a part of the classes would change."""

from __future__ import annotations

from collections.abc import Sequence

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import listed, number_in


def warn_of_other_numbers(classes: Sequence[str], label: str) -> None:
    """Warn where the numbers of classes are not those in the files."""
    numbers = list(map(number_in, classes))
    if all(isinstance(number, int) for number in numbers) and numbers != list(range(len(numbers))):
        warn_user(
            f"the numbers in {label!r} are not 0, 1, 2, ... without a gap, so class numbers are their places among "
            f"{listed(list(classes))}; to keep them, pass classes=range(n) for n classes",
            SamplesWarning,
        )
