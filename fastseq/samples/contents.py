"""Images that are held in memory, as those of an Arrow table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.ranges import Ranges


@dataclass(frozen=True, eq=False)
class Contents:
    """The buffers that images are in, none of them copied. The arrays are read-only.

    Attributes:
        buffers: uint8 (bytes,) each. Number p below len(buffers) among the paths of a table stands for buffer p.
        rows: int64 (n,), the row of each image in the set that it came from, for its name; -1 if it is in a file.
        dataset: the name of that set.
        addresses: uintp (buffers,), where the buffers begin.
        sizes: uintp (buffers,), their sizes, bytes.
    """

    buffers: tuple[NDArray[np.uint8], ...]
    rows: NDArray[np.int64]
    dataset: str
    addresses: NDArray[np.uintp] = field(init=False)
    sizes: NDArray[np.uintp] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "addresses", np.array([each.ctypes.data for each in self.buffers], np.uintp))
        object.__setattr__(self, "sizes", np.array([each.nbytes for each in self.buffers], np.uintp))
        for array in (self.rows, self.addresses, self.sizes):
            array.setflags(write=False)

    def name(self, i: int) -> str:
        """What image `i` is called in messages."""
        return f"<{self.dataset} row {self.rows[i]}>"

    def take(self, rows: NDArray[np.int64]) -> Contents:
        """Some of the images."""
        return Contents(self.buffers, self.rows[rows], self.dataset)

    def pack(self, numbers: NDArray[np.int32], ranges: Ranges) -> tuple[Contents, Ranges]:
        """Copy the images in use to one buffer, each once.

        Args:
            numbers: int32 (n,), the buffer of each image; others stand for files.
            ranges: where each image is in its buffer or file.

        Returns:
            The new contents, with one buffer, and the new ranges.
        """
        is_held = numbers < len(self.buffers)
        places = np.stack([numbers[is_held], ranges.offsets[is_held], ranges.lengths[is_held]], axis=1)
        distinct, which = np.unique(places, axis=0, return_inverse=True)
        parts = [self.buffers[number][offset : offset + length] for number, offset, length in distinct.tolist()]
        starts = np.cumsum([0, *map(len, parts)])
        offsets = ranges.offsets.copy()
        offsets[is_held] = starts[which.ravel()]
        packed = np.concatenate([np.zeros(0, np.uint8), *parts])
        packed.setflags(write=False)
        return Contents((packed,), self.rows, self.dataset), replace(ranges, offsets=offsets)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the addresses."""
        return Contents, (self.buffers, self.rows, self.dataset)
