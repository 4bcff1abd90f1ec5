"""The blocks that shards are cut into: what is read, and shuffled, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastseq._lazy import lazy_property

BLOCK_BYTES = 2 << 20
"""A block has the images that begin within so many bytes of a shard: enough that a disk or a network takes longer to
send them than to begin to, and few enough that many are in use at once."""

_CHUNK = 1 << 20  # images that are looked at together


@dataclass(frozen=True, eq=False)
class Blocks:
    """Parts of shards, by shard and by offset in it. An image is in the last block that begins at it or before it.

    The arrays are read-only.

    Attributes:
        shards: int32 (blocks,), the number of the shard that each is in.
        offsets: int64 (blocks,), where each begins in its shard, bytes: where its first image does.
        lengths: int64 (blocks,), up to the end of its last image, bytes.
    """

    shards: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.shards, self.offsets, self.lengths):
            array.setflags(write=False)

    @classmethod
    def of_images(
        cls, shards: NDArray[np.int32], offsets: NDArray[np.int64], lengths: NDArray[np.int64], size: int = BLOCK_BYTES
    ) -> Blocks:
        """The blocks of images.

        Args:
            shards: int32 (n,), the shard of each image, in any order.
            offsets: int64 (n,), where each begins in its shard, bytes.
            lengths: int64 (n,), the size of each, bytes.
            size: a block has the images that begin within so many bytes.
        """
        if not is_sorted(shards, offsets):
            order = np.lexsort((offsets, shards))
            shards, offsets, lengths = shards[order], offsets[order], lengths[order]
        is_first = np.ones(len(shards), np.bool_)
        is_first[1:] = (shards[1:] != shards[:-1]) | (offsets[1:] // size != offsets[:-1] // size)
        firsts = np.flatnonzero(is_first)
        ends = np.maximum.reduceat(offsets + lengths, firsts) if len(firsts) else offsets
        return cls(shards[firsts], offsets[firsts], ends - offsets[firsts])

    @classmethod
    def concatenate(cls, parts: Sequence[Blocks], firsts: NDArray[np.int32]) -> Blocks:
        """The blocks of one part after the other, where the shards of each part are numbered from `firsts` on."""
        return cls(
            np.concatenate([part.shards + first for part, first in zip(parts, firsts, strict=True)]),
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.lengths for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.shards)

    def find(self, shards: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The block that each image is in, int64 (n,), for images that some block has; see `of_images`."""
        found = np.empty(len(shards), np.int64)
        for start in range(0, len(shards), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            places = self._places(shards[chunk], offsets[chunk])
            found[chunk] = np.searchsorted(self._block_places, places, "right") - 1
        return found

    def firsts(self, shards: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of images before each block, int64 (blocks + 1,), for images that are sorted; see `is_sorted`."""
        firsts = np.empty(len(self) + 1, np.int64)
        block_places = self._places(self.shards, self.offsets)
        done = 0  # blocks
        for start in range(0, len(shards), _CHUNK):
            places = self._places(shards[start : start + _CHUNK], offsets[start : start + _CHUNK])
            end = int(np.searchsorted(block_places, places[-1], "right"))
            firsts[done:end] = start + np.searchsorted(places, block_places[done:end])
            done = end
        firsts[done:] = len(shards)
        return firsts

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without what follows from the rest."""
        return Blocks, (self.shards, self.offsets, self.lengths)

    def _places(self, shards: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where offsets in shards are if all shards lie one after the other, up to the ends of their last blocks."""
        return self._shard_starts[shards] + offsets

    @lazy_property
    def _shard_starts(self) -> NDArray[np.int64]:
        """The place of the start of each shard."""
        sizes = np.zeros(int(self.shards[-1]) + 2, np.int64)
        for start in range(0, len(self), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            np.maximum.at(sizes, self.shards[chunk] + 1, self.offsets[chunk] + self.lengths[chunk] + 1)
        return np.cumsum(sizes)

    @lazy_property
    def _block_places(self) -> NDArray[np.int64]:
        """The place of each block."""
        return self._places(self.shards, self.offsets)


def is_sorted(shards: NDArray[np.int32], offsets: NDArray[np.int64]) -> bool:
    """Whether images are sorted by shard, and by offset in it."""
    for start in range(0, max(len(shards) - 1, 1), _CHUNK):
        shard, offset = shards[start : start + _CHUNK + 1], offsets[start : start + _CHUNK + 1]
        same = shard[1:] == shard[:-1]
        if not ((shard[1:] > shard[:-1]) | (same & (offset[1:] >= offset[:-1]))).all():
            return False
    return True
