"""Fetches blocks of remote shards in threads of its own, and holds those that are wanted."""

from __future__ import annotations

import os
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from fastseq.engine.python_threads import TaskThreads
from fastseq.engine.threads import register_cleanup
from fastseq.loading.blocks.block_images import images_in
from fastseq.loading.blocks.block_item import BlockImages
from fastseq.loading.blocks.table_cache import TableCache
from fastseq.samples.path_table import PathTable
from fastseq.status import Status
from fastseq.storage.local_file import read_local
from fastseq.storage.store import ObjectInfo, StoreError
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
        token: whoever pops it fetches the block.
        waiting: what to call once it is done; whoever pops a call makes it.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.images: BlockImages | None = None
        self.error: StoreError | None = None
        self.is_done = False
        self.token = [None]
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
    """The blocks of a table. Safe to use from several threads, signal handlers and finalizers; takes no lock.

    Blocks that are wanted are fetched in that order, by at most 16 threads, objects by 64. One that is asked for at
    once comes before all others. Block i of a table of objects is row i.
    """

    def __init__(self, table: PathTable, max_bytes: int, cache: TableCache | None) -> None:
        """Take the table, which is read by blocks; nothing is fetched yet.

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
        self._known: weakref.WeakValueDictionary[int, Block] = weakref.WeakValueDictionary()  # held, or of a batch
        self._generation = object()  # what was held in an earlier one has been released
        self._queue: deque[Block] = deque()  # a block may be in it twice
        self._busy: set[Block] = set()
        self._threads = self._new_threads()
        self._abandoned: deque[TaskThreads] = deque(maxlen=8)  # which the exit of the process waits for
        self._starter = TaskThreads(1, _EXIT_TIMEOUT_S)

    def _new_threads(self) -> TaskThreads:
        return TaskThreads(_OBJECT_THREADS if self._table.blocks is None else _THREADS, _EXIT_TIMEOUT_S)

    def block_bytes(self, number: int) -> int:
        """The size of a block; a guess for an object of which only the name is known."""
        return _OBJECT_BYTES if self._table.blocks is None else int(self._table.blocks.lengths[number])

    def hold(self, numbers: Iterable[int]) -> None:
        """Fetch blocks ahead of need, and hold them."""
        generation = self._generation
        for number in numbers:
            block = self._block(number)
            if self._held.setdefault(number, block) is block and not block.is_done:
                self._enqueue(block)
            if self._generation is not generation:
                self.release([number])
                return

    def release(self, numbers: Iterable[int]) -> None:
        """Hold blocks no more; whoever has them may go on to use them."""
        for number in numbers:
            self._held.pop(number, None)

    def get(self, number: int, call: Callable[[], None]) -> Block:
        """A block, whether it is held or not; one that is not fetched yet comes before all others.

        Args:
            number: of the block.
            call: what to call once it is done, in another thread, or at once.
        """
        block = self._held.get(number) or self._block(number)
        block.waiting.append(call)
        if block.is_done:
            block.notify()
        elif block.token:
            self._enqueue(block, urgent=True)
        return block

    def start(self, call: Callable[[], None]) -> None:
        """Make a call in another thread than this one, soon."""
        self._starter.submit(call)

    def cancel_prefetch(self) -> None:
        """Hold nothing any more, and abandon the requests that are under way."""
        self._generation = object()
        self._known = weakref.WeakValueDictionary()  # their requests may not end
        self.release(list(self._held))
        if self._busy:
            abandoned, self._threads, self._busy = self._threads, self._new_threads(), set()
            self._abandoned.append(abandoned)
            abandoned.end()

    def ensure_running(self) -> None:
        """Start the threads that are needed. To be called now and then by those who wait for a block."""
        if self._queue:
            self._threads.submit(partial(_fetch_some, weakref.ref(self)))
        self._threads.ensure_running()
        self._starter.ensure_running()

    def url(self, number: int) -> str:
        """The URL of the object that a block is, or is in."""
        blocks = self._table.blocks
        return self._table.path(number) if blocks is None else self._table.file(int(blocks.shards[number]))

    def _block(self, number: int) -> Block:
        """A block that some batch has, so that it is not fetched twice, or else a new one."""
        block = self._known.get(number)
        if block is None or block.error is not None:  # which may have passed
            block = self._known[number] = Block(number)
        return block

    def _enqueue(self, block: Block, urgent: bool = False) -> None:
        if urgent:
            self._queue.appendleft(block)
        else:
            self._queue.append(block)
        self._threads.submit(partial(_fetch_some, weakref.ref(self)))

    def fetch_next(self) -> bool:
        """Fetch the next block, unless nobody wants it any more; return whether there was one."""
        try:
            block = self._queue.popleft()
        except IndexError:
            return False
        if not block.waiting and self._held.get(block.number) is not block:
            return True
        try:
            block.token.pop()
        except IndexError:  # it is being fetched
            return True
        busy = self._busy
        busy.add(block)
        try:
            block.end(images_in(self._table, block.number, self._read(block.number)), None)
        except StoreError as error:
            block.end(None, error)
        except MemoryError:
            block.end(None, StoreError(self.url(block.number), Status.OUT_OF_MEMORY))
        except BaseException as error:  # nothing else would end the block
            block.end(None, StoreError(self.url(block.number), Status.INTERNAL, repr(error)))
        finally:
            busy.discard(block)
        return True

    def _read(self, number: int) -> memoryview:
        blocks, etags, versions = self._table.blocks, self._table.etags, self._table.versions
        if blocks is None:
            return folder_store(os.fsdecode(self._table.root)).read_all(self._table.name(number), self._max_bytes)
        assert versions is not None
        shard, offset, length = (int(column[number]) for column in (blocks.shards, blocks.offsets, blocks.lengths))
        url, version = self.url(number), versions[shard].tolist()
        if length == 0:
            return memoryview(b"")
        if length > self._max_bytes:
            raise StoreError(url, Status.FILE_TOO_LARGE)
        if etags is None:
            return read_local(url, offset, length, version)
        store, name = store_of(url)
        fetch = partial(store.read, name, offset, length, ObjectInfo(version[0], etags[shard]))
        return fetch() if self._cache is None else self._cache.get(number, fetch)


def _fetch_some(fetcher: weakref.ref[BlockFetcher]) -> None:
    """Fetch blocks until there are none left, or until nobody uses the fetcher any more."""
    while (alive := fetcher()) is not None and alive.fetch_next():
        del alive
