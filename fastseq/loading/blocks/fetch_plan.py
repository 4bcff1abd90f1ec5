"""Which blocks to hold: those in use, and those that come next, within a bound."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from fastseq.order.lanes import BlockRun

Runs = Callable[[int, int], "list[Iterator[BlockRun]]"]
"""The streams of runs from a batch of an epoch on; see `Order.block_runs`."""

_MAX_STEPS_BACK = 8  # batches; several threads read out of order, and the blocks of these batches are mostly still held


class FetchPlan:
    """The blocks that are wanted as batches are read one after the other. Does no I/O, and is not thread-safe.

    Args:
        runs: see `Runs`.
        block_bytes: the size of a block.
        max_bytes: blocks are wanted ahead of need as long as all wanted ones are no larger than this.
    """

    def __init__(self, runs: Runs, block_bytes: Callable[[int], int], max_bytes: int) -> None:
        self._runs = runs
        self._block_bytes = block_bytes
        self._max_bytes = max_bytes
        self.reset()

    def reset(self) -> None:
        """Want nothing."""
        self._epoch, self._batch = -1, 0
        self._numbers = count()  # so that heaps never compare runs
        self._coming: list[tuple[int, int, BlockRun, Iterator[BlockRun]]] = []  # the next run of each stream
        self._in_use: list[tuple[int, int, BlockRun]] = []  # by their last batches
        self._uses: dict[int, int] = {}  # runs that want each block
        self._bytes = 0

    def __contains__(self, block: int) -> bool:
        return block in self._uses

    def move_to(self, epoch: int, batch: int, ahead: int = 1) -> tuple[list[int], list[int]]:
        """Note that a batch is about to be read.

        Args:
            epoch: of the batch.
            batch: its number.
            ahead: how many batches after it may be begun meanwhile: their blocks are wanted in any case.

        Returns:
            The blocks that are wanted from now on and were not before, in the order of need; and those that are wanted
            no more.
        """
        if epoch == self._epoch and 0 < self._batch - batch <= _MAX_STEPS_BACK:
            return [], []
        before = set(self._uses)
        if epoch != self._epoch or batch < self._batch:
            self._restart(epoch, batch)
        self._batch = batch
        while self._in_use and self._in_use[0][0] < batch:
            self._leave(heapq.heappop(self._in_use)[2])
        wanted: list[int] = []
        while self._coming:
            first, _, run, rest = self._coming[0]
            new = [block for block in run.blocks.tolist() if block not in self._uses]
            size = sum(map(self._block_bytes, new))
            if first > batch + ahead and self._bytes + size > self._max_bytes:
                break
            heapq.heappop(self._coming)
            self._push(rest)
            if run.last >= batch:
                self._enter(run, size)
                wanted += new
        return [block for block in wanted if block not in before], [block for block in before if block not in self]

    def _restart(self, epoch: int, batch: int) -> None:
        self.reset()
        self._epoch = epoch
        for rest in self._runs(epoch, batch):
            self._push(rest)

    def _push(self, rest: Iterator[BlockRun]) -> None:
        run = next(rest, None)
        if run is not None:
            heapq.heappush(self._coming, (run.first, next(self._numbers), run, rest))

    def _enter(self, run: BlockRun, size: int) -> None:
        for block in run.blocks.tolist():
            self._uses[block] = self._uses.get(block, 0) + 1
        self._bytes += size
        heapq.heappush(self._in_use, (run.last, next(self._numbers), run))

    def _leave(self, run: BlockRun) -> None:
        for block in run.blocks.tolist():
            self._uses[block] -= 1
            if not self._uses[block]:
                del self._uses[block]
                self._bytes -= self._block_bytes(block)
