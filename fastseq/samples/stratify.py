"""Stratified splits of groups of samples, whose samples have any number of classes.

The method is iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data",
ECML PKDD 2011): rare classes first, each group goes where its class is missed most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.label_rows import LabelRows


def spread(
    sizes: NDArray[np.int64], total: int, draws: NDArray[np.uint64], labels: LabelRows | None
) -> NDArray[np.bool_]:
    """Choose groups with about `total` samples: exactly `total` if each has one, else as near as whole groups allow.

    Each class has about the same share among the chosen samples, and where possible at least one group on either side
    if it has two.

    Args:
        sizes: int64 (g,), the number of samples in each group; g >= 2.
        total: how many samples to choose, at least 1 and fewer than there are.
        draws: uint64 (g,), random numbers that order the groups.
        labels: the classes of each group; None to ignore them.

    Returns:
        bool (g,), True for the chosen groups: at least one, and not all.
    """
    division = _Division(sizes, total, labels)
    if labels is not None:
        group = np.repeat(np.arange(len(sizes)), np.diff(labels.offsets))
        order = np.lexsort((draws[group], labels.numbers))
        members = np.split(group[order], np.cumsum(np.bincount(labels.numbers))[:-1])
        while (rarest := division.rarest()) is not None:
            for member in members[rarest].tolist():
                if division.part[member] < 0:
                    division.assign(member, rarest)
    for member in np.argsort(draws, kind="stable").tolist():
        if division.part[member] < 0:
            division.assign(member, None)
    chosen: NDArray[np.bool_] = np.array(division.part) == 1
    for is_empty, into_second in ((not chosen.any(), True), (chosen.all(), False)):
        if is_empty:
            chosen[np.lexsort((draws, sizes))[0]] = into_second
    return chosen


class _Division:
    """Groups that are assigned to two parts, one after the other.

    Attributes:
        part: the part of each group, 0 or 1; -1 for groups that are not assigned yet.
    """

    def __init__(self, sizes: NDArray[np.int64], total: int, labels: LabelRows | None) -> None:
        self.part = [-1] * len(sizes)
        self._sizes = sizes.tolist()
        self._room = [int(sizes.sum()) - total, total]  # samples that each part still needs
        if labels is None:
            labels = LabelRows(np.zeros(len(sizes) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._offsets, self._numbers, self._counts = (
            column.tolist() for column in (labels.offsets, labels.numbers, labels.counts)
        )
        self._left = np.bincount(labels.numbers)  # groups of each class that are not assigned yet
        wanted = np.bincount(labels.numbers, weights=labels.counts)
        self._wanted = [(wanted * (room / sizes.sum())).tolist() for room in self._room]  # samples of each class
        self._has = [[False] * len(wanted) for _ in self._room]  # whether each part has a group of each class

    def rarest(self) -> int | None:
        """The class with the fewest groups to assign, None once all are assigned."""
        if not self._left.any():
            return None
        return int(np.where(self._left, self._left, len(self.part) + 1).argmin())

    def assign(self, group: int, label: int | None) -> None:
        """Assign a group to the part that misses `label` most; None to fill the second part first."""
        size = self._sizes[group]
        classes = slice(self._offsets[group], self._offsets[group + 1])
        numbers = self._numbers[classes]
        fits = [size < 2 * room for room in self._room]  # whether the part comes nearer to its size
        if not all(fits):
            part = int(self._room[1] > self._room[0])
        elif label is None:
            part = 1
        else:
            part = self._last_chance(numbers)
            if part < 0:
                first, second = (wanted[label] for wanted in self._wanted)
                part = int((second, self._room[1]) > (first, self._room[0]))
        self.part[group] = part
        self._room[part] -= size
        for number, count in zip(numbers, self._counts[classes], strict=True):
            self._left[number] -= 1
            self._wanted[part][number] -= count
            self._has[part][number] = True

    def _last_chance(self, numbers: list[int]) -> int:
        """The part without one of these classes, of which no other group is left; -1 if there is none."""
        for number in numbers:
            first, second = (has[number] for has in self._has)
            if first != second and self._left[number] == 1:
                return int(first)
        return -1
