"""Images that are read by blocks, for a loader that reads batches one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.sources import Sources
from fastseq.engine.threads import register_fork_reset
from fastseq.loading.blocks.block_batch import BlockBatch, BlockSources
from fastseq.loading.blocks.block_fetcher import Block, BlockFetcher
from fastseq.loading.blocks.fetch_plan import FetchPlan
from fastseq.loading.blocks.table_cache import TableCache
from fastseq.order.order import Order
from fastseq.samples import Samples
from fastseq.samples.blocks import BLOCK_BYTES
from fastseq.urls import is_url


def block_prefetcher(
    samples: Samples, order: Order, window_bytes: int, file_bytes: int, cache: StrPath | None, cache_bytes: Any
) -> BlockPrefetcher | None:
    """What fetches images by blocks; None for those that are read one by one. See `BlockPrefetcher` and `Loader`.

    Raises:
        ImportError: if the cache needs what is not installed.
        TypeError: if `cache` is no path, or `cache_bytes` no size.
        ValueError: if there is a cache for local images, or a size without a cache.
    """
    if cache is None:
        if cache_bytes is not None:
            raise ValueError("cache_bytes is the size of a cache: pass its folder too, cache=...")
    elif samples.table.etags is None:
        raise ValueError("cache is for shards in a store, named by URLs, and not for single images or files on a disk")
    if not samples.table.is_read_by_blocks:
        return None
    kept = None
    if cache is not None:
        max_bytes = None if cache_bytes is None else arguments.byte_count("cache_bytes", cache_bytes)
        kept = TableCache(samples.table, _cache_folder(cache), max_bytes)
    return BlockPrefetcher(samples, order, window_bytes, file_bytes, kept)


def _cache_folder(cache: StrPath) -> str:
    if not isinstance(cache, (str, os.PathLike)):
        raise TypeError(f"cache must be the path of a folder, not {cache!r}")
    folder = os.fspath(cache)
    if not folder or is_url(folder):
        raise ValueError(f"cache must be a folder on a local disk, not {folder!r}")
    return os.path.abspath(folder)


class BlockPrefetcher:
    """Fetches the blocks that batches need, ahead of their turn."""

    def __init__(
        self, samples: Samples, order: Order, window_bytes: int, file_bytes: int, cache: TableCache | None
    ) -> None:
        """Prepare; nothing is fetched yet.

        Args:
            samples: in remote shards or in Parquet files.
            order: which samples each batch has.
            window_bytes: bound on the blocks that all ranks hold together.
            file_bytes: bound on the size of an image.
            cache: where blocks are kept on a disk; None for nowhere.
        """
        self._arguments = samples, order, window_bytes, file_bytes, cache
        self._samples = samples
        self._fetcher = BlockFetcher(samples.table, file_bytes + BLOCK_BYTES, cache)
        self._cache = cache
        self._plan = FetchPlan(
            lambda epoch, k: order.block_runs(epoch, k, self._blocks_of_samples),
            self._fetcher.block_bytes,
            window_bytes // order.world_size,
        )
        self.reset_after_fork()
        register_fork_reset(self)

    def __reduce__(self) -> tuple[object, ...]:
        return BlockPrefetcher, self._arguments

    def reset_after_fork(self) -> None:
        """Use a lock that no thread of another process holds, and let go of what that has fetched."""
        self._lock = Lock()
        self._is_cancelled = True

    def move_to(self, epoch: int, k: int, ahead: int) -> None:
        """Note that batch `k` is about to be read: fetch what comes next, and let go of what came before.

        The `ahead` batches after it may be begun meanwhile.
        Does nothing if this is being done already, by another thread or by the code that a signal handler interrupts.
        """
        if self._cache is not None:
            self._cache.warn()
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._is_cancelled:
                self._is_cancelled = False
                self._plan.reset()
            new, old = self._plan.move_to(epoch, k, ahead)
            self._fetcher.release(old)
            self._fetcher.hold(new)
        except BaseException:  # the plan is not what is held any more
            self.cancel_prefetch()
            raise
        finally:
            self._lock.release()

    def begin(self, rows: NDArray[np.int64], nbytes: int, begin: Callable[[Sources], PendingBatch]) -> BlockBatch:
        """Begin a batch of the images in some rows of the table.

        Args:
            rows: int64 (n,).
            nbytes: the size of the batch.
            begin: begins to decode, once the images are there.
        """
        table = self._samples.table

        def begin_from(blocks: Sequence[Block]) -> PendingBatch:
            return begin(BlockSources(table, rows, blocks))

        path = BlockSources(table, rows, ()).path
        return BlockBatch(self._fetcher, table.blocks_of(rows), begin_from, nbytes, path)

    def cancel_prefetch(self) -> None:
        """Let go of all blocks. Takes no lock."""
        self._is_cancelled = True
        self._fetcher.cancel_prefetch()

    def _blocks_of_samples(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._samples.table.blocks_of(self._samples.image_rows(numbers).ravel())
