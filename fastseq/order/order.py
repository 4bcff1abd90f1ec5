"""The order of samples: a pure function of seed, epoch, batch number, rank and world size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq.order.lanes import BlockRun, LaneOrder, Lanes
from fastseq.order.permutation import Permutation
from fastseq.order.rng import ORDER_STREAM, key_word, stream_key

BlockOf: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.int64]]


class Order:
    """The order of `n` samples in batches, epoch by epoch, for one rank.

    It has no position: any batch of any epoch can be requested at any time and from any thread, with the same result.
    It keeps a few hundred KB for an epoch of many millions of samples.

    Args:
        n: number of samples, at least 1.
        batch_size: samples in a batch of all ranks together, a multiple of `world_size`.
        shuffle: whether to draw a new order for each epoch, instead of 0, 1, 2, ...
        seed: 0 <= seed < 2**64.
        drop_last: whether to leave out a last batch with fewer than `batch_size` samples.
        rank: which part of each batch is ours, 0 <= rank < world_size.
        world_size: number of ranks.
        lanes: of these samples and this batch size, to shuffle by blocks; None to shuffle by sample.

    Raises:
        TypeError: if a number is not an integer.
        ValueError: if a number is out of range, or if there is not a single batch.
    """

    def __init__(
        self,
        n: int,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
        rank: int = 0,
        world_size: int = 1,
        lanes: Lanes | None = None,
    ) -> None:
        self.n = arguments.integer("n", n, minimum=0)
        self.batch_size = arguments.integer("batch_size", batch_size, minimum=1)
        self.shuffle = bool(shuffle)
        self.seed = key_word("seed", seed)
        self.drop_last = bool(drop_last)
        self.world_size = arguments.integer("world_size", world_size, minimum=1)
        self.rank = arguments.integer("rank", rank, minimum=0)
        if self.rank >= self.world_size:
            raise ValueError(f"rank={self.rank} must be less than world_size={self.world_size}")
        if self.batch_size % self.world_size:
            raise ValueError(
                f"batch_size={self.batch_size} is the batch of all ranks together and must be a multiple of "
                f"world_size={self.world_size}"
            )
        if self.n == 0:
            raise ValueError("there are no samples")
        if self.drop_last and self.n < self.batch_size:
            raise ValueError(
                f"there is no batch: {self.n} samples do not fill one of {self.batch_size}, and drop_last=True drops "
                "incomplete ones; use a smaller batch_size or drop_last=False"
            )
        self.lanes = lanes
        if lanes is not None and lanes.count % self.world_size:
            raise ValueError(
                f"shuffling by blocks divides a batch of {self.batch_size} among {lanes.count} lanes, which "
                f"{self.world_size} processes cannot share equally: choose a batch_size of at most 256, or one whose "
                f"largest divisor up to 256 is a multiple of {self.world_size}"
            )
        self._permutations: tuple[tuple[int, Permutation | LaneOrder], ...] = ()

    def __len__(self) -> int:
        """The number of batches in an epoch, the same on every rank."""
        full, rest = divmod(self.n, self.batch_size)
        return full if self.drop_last or not rest else full + 1

    def indices(self, epoch: int, k: int) -> NDArray[np.int64]:
        """Return this rank's samples of batch `k`.

        The ranks share a batch of m samples as evenly as possible: rank r has those from m*r//world_size to
        m*(r+1)//world_size of it, at least one.

        Args:
            epoch: 0 <= epoch < 2**64.
            k: number of the batch; -1 is the last one.

        Returns:
            int64 (b,), a new array, 1 <= b <= batch_size // world_size.

        Raises:
            IndexError: if there is no batch `k`.
        """
        start, stop = self._span(k)
        size = stop - start
        first = start + size * self.rank // self.world_size
        last = start + size * (self.rank + 1) // self.world_size
        return self._samples(epoch, first, last)

    def global_indices(self, epoch: int, k: int) -> NDArray[np.int64]:
        """Return the samples of batch `k` on all ranks: their parts, one after the other.

        A last batch with fewer samples than ranks is filled up to one for each rank, from the start of the epoch's
        order.

        Args:
            epoch: 0 <= epoch < 2**64.
            k: number of the batch; -1 is the last one.

        Returns:
            int64 (m,), a new array, 1 <= m <= batch_size.

        Raises:
            IndexError: if there is no batch `k`.
        """
        return self._samples(epoch, *self._span(k))

    def block_runs(self, epoch: int, k: int, block_of: BlockOf) -> list[Iterator[BlockRun]]:
        """What this rank needs of blocks from batch `k` on: one or more streams of runs, each in the order of need.

        Args:
            epoch: 0 <= epoch < 2**64.
            k: number of the batch, counted from 0.
            block_of: returns the block of each sample, int64 (b,), for their numbers.
        """
        if not self.shuffle or self.lanes is None:
            return [self._runs_of_batches(epoch, k, block_of)]
        order = self._permutation(epoch)
        assert isinstance(order, LaneOrder)
        count = self.lanes.count
        own = range(count * self.rank // self.world_size, count * (self.rank + 1) // self.world_size)
        return [order.runs(lane, k, len(self)) for lane in own]

    def _runs_of_batches(self, epoch: int, k: int, block_of: BlockOf) -> Iterator[BlockRun]:
        for batch in range(k, len(self)):
            blocks = block_of(self.indices(epoch, batch))
            firsts = np.unique(blocks, return_index=True)[1]
            yield BlockRun(batch, batch, blocks[np.sort(firsts)])

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be drawn again."""
        return {**self.__dict__, "_permutations": ()}

    def _span(self, k: int) -> tuple[int, int]:
        """Where batch `k` starts and stops in the epoch's order, which repeats past its end."""
        start = arguments.batch_number("k", k, len(self)) * self.batch_size
        return start, start + max(min(self.batch_size, self.n - start), self.world_size)

    def _samples(self, epoch: int, first: int, last: int) -> NDArray[np.int64]:
        places = np.arange(first, last, dtype=np.int64) % self.n
        key_word("epoch", epoch)
        return self._permutation(epoch)(places) if self.shuffle else places

    def _permutation(self, epoch: int) -> Permutation | LaneOrder:
        # There is no lock, which a fork could leave locked: the tuple is replaced as a whole, and two threads may draw
        # the same permutation.
        kept = self._permutations
        for known, permutation in kept:
            if known == epoch:
                return permutation
        self._permutations = kept = kept[:1]  # before there is a new one, for the sake of memory
        drawn: Permutation | LaneOrder
        if self.lanes is None:
            drawn = Permutation(self.n, stream_key(self.seed, epoch, ORDER_STREAM))
        else:
            drawn = LaneOrder(self.lanes, self.seed, epoch)
        self._permutations = ((epoch, drawn), *kept)
        return drawn
