"""Fetches blocks of remote shards in threads of its own, and holds those that are wanted."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from fastseq.engine.python_threads import TaskThreads
from fastseq.engine.threads import register_cleanup
from fastseq.loading.blocks.block_images import BlockImages, images_in
from fastseq.loading.blocks.table_cache import TableCache
from fastseq.samples.path_table import PathTable
from fastseq.status import Status
from fastseq.storage.local_file import read_local
from fastseq.storage.store import StoreError
from fastseq.storage.stores import folder_store, store_of

_THREADS = 16
_OBJECT_THREADS = 64  # as small objects take longer to begin than to arrive
_OBJECT_BYTES = 128 << 10
_EXIT_TIMEOUT_S = 0.5


class Block:
    """A block that is being fetched, or was.

    Attributes:
        number: in `Blocks`.
        images: what is in it; None until it is there, and if it cannot be had.
        error: why it cannot be had.
        is_done: whether one of the two is set.
        is_released: whether it is not held any more: it is fetched only if somebody waits for it.
        waiting: what to call once it is done; whoever pops a call makes it.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.images: BlockImages | None = None
        self.error: StoreError | None = None
        self.is_done = False
        self.is_released = False
        self.waiting: deque[Callable[[], None]] = deque()

    def end(self, images: BlockImages | None, error: StoreError | None) -> None:
        """Make it done."""
        self.images, self.error = images, error
        self.is_done = True
        self.notify()

    def notify(self) -> None:
        """Call those that wait."""
        while self.waiting:
            try:
                call = self.waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            call()


class BlockFetcher:
    """The blocks of a table of remote shards. Safe to use from several threads and from signal handlers; takes no lock.

    Blocks that are wanted are fetched in that order, by at most 16 threads, objects by 64. One that is asked for at
    once comes before all others. Block i of a table of objects is row i.
    """

    def __init__(self, table: PathTable, max_bytes: int, cache: TableCache | None) -> None:
        """Take the table, which has `blocks`; nothing is fetched yet.

        Args:
            table: the table.
            max_bytes: blocks that are larger are refused.
            cache: where blocks are kept on a disk; None for nowhere.
        """
        self._table = table
        self._max_bytes = max_bytes
        self._cache = cache
        self.reset_after_fork()
        register_cleanup(self)

    def reset_after_fork(self) -> None:
        """Let go of what a parent process has begun: its threads do not exist here."""
        self._held: dict[int, Block] = {}
        self._queue: deque[Block] = deque()
        self._threads = TaskThreads(_THREADS if self._table.blocks else _OBJECT_THREADS, _EXIT_TIMEOUT_S)

    def block_bytes(self, number: int) -> int:
        """The size of a block; a guess for an object of which only the name is known."""
        return _OBJECT_BYTES if self._table.blocks is None else int(self._table.blocks.lengths[number])

    def hold(self, numbers: Iterable[int]) -> None:
        """Fetch blocks ahead of need, and hold them."""
        for number in numbers:
            block = Block(number)
            if self._held.setdefault(number, block) is block:
                self._queue.append(block)
                self._threads.submit(self._fetch_next)

    def release(self, numbers: Iterable[int]) -> None:
        """Hold blocks no more; whoever has them may go on to use them."""
        for number in numbers:
            block = self._held.pop(number, None)
            if block is not None:
                block.is_released = True

    def get(self, number: int, call: Callable[[], None]) -> Block:
        """A block, whether it is held or not; one that is not is fetched before all others.

        Args:
            number: of the block.
            call: what to call once it is done, in another thread, or at once.
        """
        block = self._held.get(number)
        is_held = block is not None
        block = block or Block(number)
        block.waiting.append(call)
        if block.is_done:
            block.notify()
        elif not is_held or block.is_released:  # by another thread, which may not have seen that somebody waits for it
            self._queue.appendleft(block)
            self._threads.submit(self._fetch_next)
        return block

    def cancel_prefetch(self) -> None:
        """Hold nothing any more."""
        self.release(list(self._held))

    def ensure_running(self) -> None:
        """Start the threads that are needed; see `TaskThreads.ensure_running`."""
        self._threads.ensure_running()

    def url(self, number: int) -> str:
        """The URL of the object that a block is, or is in."""
        blocks = self._table.blocks
        return self._table.path(number) if blocks is None else self._table.file(int(blocks.shards[number]))

    def _fetch_next(self) -> None:
        try:
            block = self._queue.popleft()
        except IndexError:
            return
        if block.is_done or (block.is_released and not block.waiting):
            return
        try:
            block.end(images_in(self._table, block.number, self._read(block.number)), None)
        except StoreError as error:
            block.end(None, error)
        except MemoryError:
            block.end(None, StoreError(self.url(block.number), Status.OUT_OF_MEMORY))
        except BaseException as error:  # nothing else would end the block
            block.end(None, StoreError(self.url(block.number), Status.INTERNAL, repr(error)))

    def _read(self, number: int) -> memoryview:
        blocks, etags = self._table.blocks, self._table.etags
        if blocks is None:
            return folder_store(os.fsdecode(self._table.root)).read_all(self._table.name(number), self._max_bytes)
        shard, offset = int(blocks.shards[number]), int(blocks.offsets[number])
        url, length = self.url(number), int(blocks.lengths[number])
        if length > self._max_bytes:
            raise StoreError(url, Status.FILE_TOO_LARGE)
        if etags is None:
            assert self._table.versions is not None
            return read_local(url, offset, length, self._table.versions[shard].tolist())
        store, name = store_of(url)
        fetch = partial(store.read, name, offset, length, etags[shard])
        return fetch() if self._cache is None else self._cache.get(number, fetch)
