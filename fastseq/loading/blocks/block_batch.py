"""A batch of images in remote shards: it waits for their blocks, and is then decoded from them."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.interrupts import watch
from fastseq.engine.pending_batch import GRACE_S, PendingBatch
from fastseq.errors import BadSample
from fastseq.loading.blocks.block_fetcher import Block, BlockFetcher
from fastseq.loading.blocks.block_images import Item
from fastseq.samples.path_table import PathTable

_POLL_S = 0.05  # between looks for an interrupt, and for a block that stalls


class BlockSources:
    """The images of a batch, in blocks that are done."""

    def __init__(self, table: PathTable, rows: NDArray[np.int64], blocks: Sequence[Block]) -> None:
        """Take the table, the row of each image, int64 (n,), and its block."""
        self._table = table
        self._rows = rows
        self._blocks = blocks

    def __len__(self) -> int:
        return len(self._rows)

    def for_job(self) -> list[Any]:
        """See `fastseq.engine.sources.Sources`."""
        ranges, blocks = self._table.ranges, self._table.blocks
        if self._table.are_objects:
            return [_item(block, 0, -1) for block in self._blocks]
        assert ranges is not None
        assert blocks is not None
        numbers = np.fromiter((block.number for block in self._blocks), np.int64, len(self._blocks))
        offsets = (ranges.offsets[self._rows] - blocks.offsets[numbers]).tolist()
        lengths = ranges.lengths[self._rows].tolist()
        return [_item(*each) for each in zip(self._blocks, offsets, lengths, strict=True)]

    def path(self, place: int) -> str:
        """See `fastseq.engine.sources.Sources`."""
        return self._table.path(int(self._rows[place]))

    def content(self, place: int) -> None:
        """See `fastseq.engine.sources.Sources`."""


class BlockBatch:
    """Begins to be decoded once the last of its blocks is there. One owner at a time calls its methods.

    Attributes:
        nbytes: the size of the batch.
    """

    def __init__(
        self,
        fetcher: BlockFetcher,
        blocks: NDArray[np.int64],
        begin: Callable[[Sequence[Block]], PendingBatch],
        nbytes: int,
        path: Callable[[int], str],
    ) -> None:
        """Ask for the blocks.

        Args:
            fetcher: has the blocks.
            blocks: int64 (n,), the block of each image.
            begin: begins to decode, given the block of each image.
            nbytes: the size of the batch.
            path: the path of the image at a place.
        """
        self.nbytes = nbytes
        self._fetcher = fetcher
        self._begin = [begin]  # whoever pops it calls it, unless the batch is cancelled before
        self._path = path
        self._begun: PendingBatch | None = None
        self._error: BaseException | None = None
        self._gate = _thread.allocate_lock()  # held until decoding has begun, or never will
        self._gate.acquire()
        distinct, which = np.unique(blocks, return_inverse=True)
        self._are_asked_for = False
        asked = [fetcher.get(number, self._on_block) for number in distinct.tolist()]
        self._blocks = [asked[i] for i in which.ravel().tolist()]
        self._are_asked_for = True
        self._on_block()

    def _on_block(self) -> None:
        """Begin to decode, if all blocks are done."""
        if not self._are_asked_for or not all(block.is_done for block in self._blocks):
            return
        try:
            begin = self._begin.pop()
        except IndexError:
            return
        try:
            self._begun = begin(self._blocks)
        except BaseException as error:  # for `result` to raise
            self._error = error
        self._blocks = []
        self._gate.release()

    @property
    def begun(self) -> PendingBatch:
        """The batch under way; valid after `result`."""
        assert self._begun is not None
        return self._begun

    @property
    def images(self) -> NDArray[Any]:
        """See `PendingBatch`; valid after `result`."""
        return self.begun.images

    @property
    def numbers(self) -> Sequence[Any] | NDArray[np.int64]:
        """See `PendingBatch`; valid after `result`."""
        return self.begun.numbers

    def reports(self, epoch: int = 0) -> dict[int, BadSample]:
        """See `PendingBatch`."""
        return self.begun.reports(epoch)

    def path(self, place: int) -> str:
        """See `PendingBatch`."""
        return self._path(place)

    @property
    def needs_poll(self) -> bool:
        """See `PendingBatch`."""
        return self._begun is not None and self._begun.needs_poll

    def poll(self) -> None:
        """See `PendingBatch`."""
        if self._begun is not None:
            self._begun.poll()

    def result(self, stall_s: float = 0, on_stall: Callable[[int], None] | None = None) -> NDArray[np.int32]:
        """See `PendingBatch`; also warns of a block that has stalled the batch, by the place of an image in it."""
        since = time.monotonic()
        with watch() as interrupted:
            while not self._gate.acquire(timeout=_POLL_S):
                if interrupted():
                    raise KeyboardInterrupt
                self._fetcher.ensure_running()
                if on_stall is not None and time.monotonic() - since >= stall_s:
                    on_stall(next((i for i, block in enumerate(self._blocks) if not block.is_done), 0))
                    on_stall = None
        self._gate.release()
        if self._error is not None:
            raise self._error
        return self.begun.result(stall_s, on_stall)

    def stop(self) -> None:
        """See `PendingBatch`."""
        if self._withdraw() and self._begun is not None:
            self._begun.stop()

    def cancel(self, grace_s: float = GRACE_S) -> None:
        """See `PendingBatch`."""
        if self._withdraw() and self._begun is not None:
            self._begun.cancel(grace_s)

    def _withdraw(self) -> bool:
        """Prevent that decoding begins; return whether it has begun."""
        try:
            self._begin.pop()
        except IndexError:
            with self._gate:
                return True
        for block in self._blocks:
            with suppress(ValueError):
                block.waiting.remove(self._on_block)
        self._error = RuntimeError("this batch was cancelled")
        self._gate.release()
        return False


def _item(block: Block, offset: int, length: int) -> Item:
    if block.images is None:
        assert block.error is not None
        return block.error.detail.encode(), int(block.error.status)
    return block.images.image(offset, length)
