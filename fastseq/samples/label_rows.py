"""The class numbers of each sample, however many it has, as two flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.multi_hot import MultiHot


@dataclass(frozen=True)
class LabelRows:
    """Rows of class numbers.

    Attributes:
        offsets: int64 (n + 1,), where each row begins in `numbers`, and where the last one ends.
        numbers: int (m,), the class numbers of one row after the other, none twice in a row.
        counts: int64 (m,), how often each of them occurs in its row.
    """

    offsets: NDArray[np.int64]
    numbers: NDArray[np.integer[Any]]
    counts: NDArray[np.int64]

    @classmethod
    def from_labels(cls, labels: NDArray[Any] | MultiHot) -> LabelRows:
        """The rows of class numbers, int (n,), or of multi-hot rows."""
        if isinstance(labels, MultiHot):
            offsets, numbers = labels.offsets, labels.columns
        else:
            offsets, numbers = np.arange(len(labels) + 1), labels
        return cls(offsets, numbers, np.ones(len(numbers), np.int64))

    @property
    def single(self) -> bool:
        """Whether each row has exactly one number."""
        return bool(np.all(np.diff(self.offsets) == 1))

    def by_group(self, groups: NDArray[np.int64]) -> LabelRows:
        """One row for each group: all the numbers of its rows.

        Args:
            groups: int64 (n,), the group of each row, counted from 0.
        """
        width = int(self.numbers.max(initial=0)) + 1
        group = np.repeat(groups, np.diff(self.offsets))
        places, which = np.unique(group * width + self.numbers, return_inverse=True)
        counts = np.bincount(which, weights=self.counts, minlength=len(places)).astype(np.int64)
        offsets = np.searchsorted(places // width, np.arange(groups.max(initial=-1) + 2))
        return LabelRows(offsets, places % width, counts)
