"""An epoch's order in lanes: shuffled, but with few blocks of samples in use at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq._native.order import shuffled
from fastseq.order.rng import BLOCK_STREAM, WINDOW_STREAM, stream_key

MAX_LANES = 256
"""With so many, a batch has as many classes as one of a global shuffle has, even if the set is sorted by class."""

_STAGGER = 0x9E3779B1  # 2**32 divided by the golden ratio


class BlockRun(NamedTuple):
    """Blocks that are in use at the same time.

    Attributes:
        first: the batch that needs one of them first.
        last: the last batch that needs one of them.
        blocks: int (blocks,), their numbers, those first that are needed first.
    """

    first: int
    last: int
    blocks: NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class BlockedSamples:
    """Samples that are read together, in blocks. The arrays are read-only.

    Attributes:
        starts: int64 (blocks + 1,), strictly increasing from 0 to n: where each block begins in `samples`.
        samples: int64 (n,), the numbers of the samples, block by block; None for 0, 1, 2, ...
        ids: int32 (blocks,), which block of the set each is.
    """

    starts: NDArray[np.int64]
    samples: NDArray[np.int64] | None
    ids: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def n(self) -> int:
        """The number of samples."""
        return int(self.starts[-1])

    def numbers(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The samples at some places; a new array."""
        return places.copy() if self.samples is None else self.samples[places]


def lane_count(batch_size: int) -> int:
    """The number of lanes: the largest divisor of the batch size that is at most `MAX_LANES`."""
    return next(count for count in range(min(batch_size, MAX_LANES), 0, -1) if batch_size % count == 0)


class Lanes:
    """How the positions of an epoch, batch after batch, are divided among lanes.

    Of a batch of B samples, each of L lanes has a part of its own: position j belongs to lane j * L // B, in an
    incomplete last batch of m to the lane l with m * l // L <= j < m * (l + 1) // L. So a rank, which has an equal part
    of each batch, has lanes of its own if their number is a multiple of the number of ranks.

    Attributes:
        blocks: the samples.
        window: blocks in a lane's window.
        count: L.
        share: positions of a lane in a batch that is complete.
        starts: int64 (L + 1,), the number of positions that all lanes before this one have.
        sizes: int32 (blocks,), the number of samples in each block.
    """

    def __init__(self, blocks: BlockedSamples, batch_size: int, window: int) -> None:
        """Divide them.

        Args:
            blocks: the samples.
            batch_size: B.
            window: blocks in a lane's window, at least 1.
        """
        self.blocks = blocks
        self.window = window
        self.count = lane_count(batch_size)
        self.share = batch_size // self.count
        self._batch_size = batch_size
        self._full, self._rest = divmod(blocks.n, batch_size)
        lanes = np.arange(self.count + 1)
        self.starts = self._full * self.share * lanes + self._rest * lanes // self.count
        self.sizes = np.diff(blocks.starts).astype(np.int32)

    def locate(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The lane of each position, and its step: the number of earlier positions of that lane."""
        batches, places = np.divmod(positions, self._batch_size)
        lanes, steps = np.divmod(places, self.share)
        is_last = batches == self._full
        if is_last.any():
            last = places[is_last]
            lanes[is_last] = ((last + 1) * self.count - 1) // self._rest
            steps[is_last] = last - self._rest * lanes[is_last] // self.count
        return lanes, steps + batches * self.share


class LaneOrder:
    """The order of one epoch: a pure function of the lanes, the seed and the epoch.

    All blocks are put in a random order. Each lane walks a run of its own through them, window by window, and takes the
    samples of a window in random order. The first windows of lanes differ in length, so that they do not all go on to
    new blocks at the same time. Every other lane walks backwards: the block that two neighbours share at a border is
    then used by both at the same time, at the start or at the end of the epoch.

    It holds two numbers for each block, and the windows that were used last.

    Args:
        lanes: the lanes, and the samples.
        seed: as for `fastseq.order.rng.stream_key`.
        epoch: likewise.
    """

    def __init__(self, lanes: Lanes, seed: int, epoch: int) -> None:
        self._lanes, self._blocks, self._window = lanes, lanes.blocks, lanes.window
        self._order = np.frombuffer(shuffled(stream_key(seed, epoch, BLOCK_STREAM), len(self._blocks)), np.int32)
        self._starts = np.zeros(len(self._blocks) + 1, np.int64)
        np.cumsum(lanes.sizes[self._order], out=self._starts[1:])
        # The blocks of each lane, by their place in the random order.
        self._first = np.searchsorted(self._starts, lanes.starts[:-1], "right") - 1
        self._last = np.searchsorted(self._starts, lanes.starts[1:] - 1, "right") - 1
        numbers = np.arange(lanes.count, dtype=np.uint64)
        self._first_window = 1 + ((numbers * _STAGGER % 2**32 * self._window) >> np.uint64(32)).astype(np.int64)
        self._key = stream_key(seed, epoch, WINDOW_STREAM)
        self._kept: dict[tuple[int, int], tuple[int, NDArray[np.int64]]] = {}

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the samples at the given positions of the epoch.

        Args:
            positions: int64 (m,), 0 <= position < n.

        Returns:
            int64 (m,), a new array.
        """
        return self._blocks.numbers(self._places(positions))

    def blocks(self, positions: NDArray[np.int64]) -> NDArray[np.int32]:
        """The block of the set that the sample at each position is in, one of `BlockedSamples.ids`."""
        return self._blocks.ids[np.searchsorted(self._blocks.starts, self._places(positions), "right") - 1]

    def runs(self, lane: int, k: int, batches: int) -> Iterator[BlockRun]:
        """Iterate over the windows of a lane, from that on which it uses in batch `k`, in an epoch of some batches."""
        step, share = k * self._lanes.share, self._lanes.share
        low, high = (int(start) for start in self._lanes.starts[lane : lane + 2])
        while step < min(high - low, batches * share):
            window = int(self._windows(np.array([lane]), np.array([step]))[0])
            begin, places = self._window_of(lane, window)
            blocks = self._blocks.ids[np.searchsorted(self._blocks.starts, places, "right") - 1]
            end = min(begin + len(places), batches * share)
            firsts = np.unique(blocks[: end - begin], return_index=True)[1]
            yield BlockRun(begin // share, (end - 1) // share, blocks[np.sort(firsts)])
            step = end

    def _places(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the samples at some positions are among the blocked samples."""
        lanes, steps = self._lanes.locate(positions)
        windows = self._windows(lanes, steps)
        places = np.empty(len(positions), np.int64)
        for i, (lane, window, step) in enumerate(zip(lanes.tolist(), windows.tolist(), steps.tolist(), strict=True)):
            begin, samples = self._window_of(lane, window)
            places[i] = samples[step - begin]
        return places

    def _windows(self, lanes: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The window of its lane that each step is in."""
        runs = self._lanes.starts
        is_backward = lanes % 2 == 1
        walked = np.where(is_backward, runs[lanes + 1] - 1 - steps, runs[lanes] + steps)
        blocks = np.searchsorted(self._starts, walked, "right") - 1
        passed = np.where(is_backward, self._last[lanes] - blocks, blocks - self._first[lanes])
        later = passed - self._first_window[lanes]
        return np.where(later < 0, 0, 1 + later // self._window)

    def _window_of(self, lane: int, window: int) -> tuple[int, NDArray[np.int64]]:
        """The step at which a window of a lane begins, and the places of its samples in their order."""
        # There is no lock, which a fork could leave locked: two threads may make the same window.
        kept = self._kept.get((lane, window))
        if kept is not None:
            return kept
        begin, end, used = self._span(lane, window)
        low, high = int(self._lanes.starts[lane]), int(self._lanes.starts[lane + 1])
        first_step = high - end if lane % 2 else begin - low
        key = stream_key(self._key, lane, window)
        order = np.frombuffer(shuffled(key, end - begin), np.int32)
        starts = self._starts[used.start : used.stop + 1]
        counts = np.diff(starts)
        counts[0] -= begin - starts[0]
        counts[-1] -= starts[-1] - end
        shifts: NDArray[np.int64] = self._blocks.starts[self._order[used]] - starts[:-1]
        places = np.repeat(shifts, counts)[order] + order + begin
        made = first_step, places
        while len(self._kept) >= 2 * self._lanes.count:
            self._kept.pop(next(iter(self._kept.copy()), (lane, window)), None)
        self._kept[lane, window] = made
        return made

    def _span(self, lane: int, window: int) -> tuple[int, int, slice]:
        """Where a window begins and ends among the samples of all blocks in random order, and which blocks it has."""
        first, last = int(self._first[lane]), int(self._last[lane])
        ahead = int(self._first_window[lane])
        passed = 0 if window == 0 else ahead + (window - 1) * self._window
        upto = ahead + window * self._window  # blocks
        if lane % 2:
            blocks = slice(max(last - upto, first - 1) + 1, last - passed + 1)
        else:
            blocks = slice(first + passed, min(first + upto, last + 1))
        low, high = int(self._lanes.starts[lane]), int(self._lanes.starts[lane + 1])
        return max(int(self._starts[blocks.start]), low), min(int(self._starts[blocks.stop]), high), blocks
