"""Crop indexes of images: where the rows of each JPEG begin, so that a crop is decoded without what lies before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CropIndexes:
    """One for each image; one of no bytes where it has none. The arrays are read-only.

    Attributes:
        blob: uint8, crop indexes one after the other, as csrc/jpeg/crop_index.h has them; also of other images.
        begins: int64 (n,), where that of each image begins in `blob`.
        ends: int64 (n,), where it ends.
    """

    blob: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.blob, self.begins, self.ends):
            array.setflags(write=False)

    @classmethod
    def of_offsets(cls, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> CropIndexes:
        """Those that lie in `blob` one after the other, given where each begins, and where the last one ends."""
        return cls(blob, offsets[:-1], offsets[1:])

    @classmethod
    def of_sizes(cls, blob: NDArray[np.uint8], sizes: NDArray[np.int64]) -> CropIndexes:
        """Those of these sizes, which lie in `blob` one after the other."""
        return cls.of_offsets(blob, np.cumsum(np.concatenate([np.zeros(1, np.int64), sizes])))

    @classmethod
    def empty(cls, n: int) -> CropIndexes:
        """Those of `n` images that have none."""
        return cls(np.zeros(0, np.uint8), np.zeros(n, np.int64), np.zeros(n, np.int64))

    @classmethod
    def concatenate(cls, parts: Sequence[CropIndexes]) -> CropIndexes:
        """Those of one part after the other."""
        starts = np.cumsum([0, *(len(part.blob) for part in parts)], dtype=np.int64)[:-1]
        return cls(
            np.concatenate([part.blob for part in parts]),
            np.concatenate([part.begins + start for part, start in zip(parts, starts, strict=True)]),
            np.concatenate([part.ends + start for part, start in zip(parts, starts, strict=True)]),
        )

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def count(self) -> int:
        """How many images have one."""
        return int(np.count_nonzero(self.ends > self.begins))

    @property
    def offsets(self) -> NDArray[np.int64]:
        """See `of_offsets`; only of those that lie one after the other, as `take` may change."""
        return np.append(self.begins, np.int64(len(self.blob)))

    def take(self, rows: NDArray[np.int64]) -> CropIndexes:
        """Those of some images; the bytes stay where they are."""
        return CropIndexes(self.blob, self.begins[rows], self.ends[rows])

    def of(self, i: int) -> NDArray[np.uint8]:
        """That of image `i`."""
        return self.blob[self.begins[i] : self.ends[i]]
