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
from fastseq.engine.pending_batch import GRACE_S, STALLED_S, PendingBatch
from fastseq.engine.sample_info import SampleInfo
from fastseq.errors import BadSample
from fastseq.loading.blocks.block_fetcher import Block, BlockFetcher
from fastseq.loading.blocks.block_item import Item
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
        items = self._items()
        crops = self._table.crops
        if crops is None:
            return items
        return [_with_crops(item, crops.of(row)) for item, row in zip(items, self._rows.tolist(), strict=True)]

    def _items(self) -> list[Item]:
        ranges, blocks = self._table.ranges, self._table.blocks
        if self._table.are_objects:
            return [_item(block, 0, -1, -1, -1) for block in self._blocks]
        assert ranges is not None
        assert blocks is not None
        numbers = np.fromiter((block.number for block in self._blocks), np.int64, len(self._blocks))
        offsets = (ranges.offsets[self._rows] - blocks.offsets[numbers]).tolist()
        columns = [
            [-1] * len(self._rows) if column is None else column[self._rows].tolist() for column in ranges.columns[1:]
        ]
        return [_item(*each) for each in zip(self._blocks, offsets, *columns, strict=True)]

    def path(self, place: int) -> str:
        """See `fastseq.engine.sources.Sources`."""
        return self._table.path(int(self._rows[place]))

    def content(self, place: int) -> None:
        """See `fastseq.engine.sources.Sources`."""


class BlockBatch:
    """Begins to be decoded once the last of its blocks is there. One owner at a time calls its methods.

    Decoding begins in another thread than those that call: a signal handler never interrupts that.

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
        self._begin = begin
        self._token = [None]  # whoever pops it decides whether decoding begins, and says so
        self._path = path
        self._begun: PendingBatch | None = None
        self._error: BaseException | None = None
        self._is_cancelled = False
        self._is_decided = False
        self._gate = _thread.allocate_lock()  # held until it is decided; waiters sleep on it, and look at the flag
        self._gate.acquire()
        self._deciding: set[int] = set()  # the threads in `_decide`
        distinct, which = np.unique(blocks, return_inverse=True)
        self._blocks: list[Block] = []
        asked = [fetcher.get(number, self._decide) for number in distinct.tolist()]
        self._blocks = [asked[i] for i in which.ravel().tolist()]
        fetcher.start(self._decide)

    def _decide(self) -> None:
        """Begin to decode, if all blocks are done."""
        if not self._blocks or not all(block.is_done for block in self._blocks):
            return
        me = _thread.get_ident()
        self._deciding.add(me)
        try:
            self._token.pop()
        except IndexError:
            self._deciding.discard(me)
            return
        try:
            self._begun = self._begin(self._blocks)
        except BaseException as error:  # for `result` to raise
            self._error = error
        self._is_decided = True
        self._gate.release()
        self._deciding.discard(me)
        if self._is_cancelled and self._begun is not None:  # by a finalizer that ran in `begin`
            self._begun.cancel()

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

    def info(self) -> list[SampleInfo]:
        """See `PendingBatch`."""
        return self.begun.info()

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
        try:
            since = time.monotonic()
            with watch() as interrupted:
                while not self._wait():
                    waited = time.monotonic() - since
                    if interrupted() and waited >= STALLED_S:
                        raise KeyboardInterrupt
                    self._fetcher.ensure_running()
                    if on_stall is not None and waited >= stall_s:
                        on_stall(next((i for i, block in enumerate(self._blocks) if not block.is_done), 0))
                        on_stall = None
            if isinstance(self._error, (MemoryError, RuntimeError)) and not self._is_cancelled:
                self._begun = self._begin(self._blocks)  # there may be room now
            elif self._error is not None:
                raise self._error
            self._blocks = []
            return self.begun.result(stall_s, on_stall)
        except BaseException:
            self.cancel()
            raise

    def stop(self) -> None:
        """See `PendingBatch`."""
        self._withdraw()
        if self._begun is not None:
            self._begun.stop()

    def cancel(self, grace_s: float = GRACE_S) -> None:
        """See `PendingBatch`."""
        self._withdraw()
        if self._begun is not None:
            self._begun.cancel(grace_s)

    def _wait(self) -> bool:
        """Wait a little; return whether it is decided."""
        if not self._is_decided and self._gate.acquire(timeout=_POLL_S):
            self._gate.release()
        return self._is_decided

    def _withdraw(self) -> None:
        """Prevent that decoding begins, or wait until it has begun."""
        self._is_cancelled = True
        try:
            self._token.pop()
        except IndexError:
            # In a finalizer that runs in `begin`, that cannot be waited for: `_decide` cancels it then.
            while _thread.get_ident() not in self._deciding and not self._wait():
                pass
            return
        for block in self._blocks:
            with suppress(ValueError):
                block.waiting.remove(self._decide)
        self._error = RuntimeError("this batch was cancelled")
        self._is_decided = True
        self._gate.release()


def _item(block: Block, *place: int) -> Item:
    if block.images is None:
        assert block.error is not None
        return block.error.detail.encode(), int(block.error.status)
    return block.images.image(*place)


def _with_crops(item: Item, crops: NDArray[np.uint8]) -> Item:
    """An image with its crop index."""
    if isinstance(item, memoryview):
        return item, -1, -1, crops
    return (*item, crops) if len(item) == 3 else item
