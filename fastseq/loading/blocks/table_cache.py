"""The blocks of a table of remote shards on a local disk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.path_table import PathTable
from fastseq.storage.block_cache import BlockCache, object_key


class TableCache:
    """See `BlockCache`. Shards whose store tells no ETag are not kept, as nothing would tell that they have changed."""

    def __init__(self, table: PathTable, folder: str, max_bytes: int | None) -> None:
        """Open the folder; a warning says if that is impossible.

        Args:
            table: the table, which has `blocks` and `etags`.
            folder: where the folder of blocks is, or will be.
            max_bytes: bound on the size of all blocks in it; see `BlockCache`.

        Raises:
            ImportError: if xxhash is not installed.
        """
        assert table.blocks is not None
        assert table.etags is not None
        self._arguments = table, folder, max_bytes
        self._blocks, self._folder = table.blocks, folder
        self._firsts = np.searchsorted(self._blocks.shards, np.arange(len(table.etags)))
        self._keys = [etag and object_key(table.file(shard), etag) for shard, etag in enumerate(table.etags)]
        self._has_warned = False
        self._cache: BlockCache | None = None
        try:
            self._cache = BlockCache(folder, max_bytes, list(filter(None, self._keys)), int(self._blocks.lengths.sum()))
        except OSError as error:
            warn_user(f"cache={folder!r} cannot be used, and blocks are fetched each time: {error}", SamplesWarning)
        if None in self._keys:
            warn_user(
                f"{table.file(self._keys.index(None))} has no ETag, so that it is not kept in {folder}: nothing would "
                "tell that it has changed",
                SamplesWarning,
            )

    def __reduce__(self) -> tuple[object, ...]:
        return TableCache, self._arguments

    def get(self, number: int, fetch: Callable[[], memoryview]) -> memoryview:
        """A block, from the disk if it is there. Raises what `fetch` raises."""
        shard = int(self._blocks.shards[number])
        key = self._keys[shard]
        if key is None or self._cache is None:
            return fetch()
        cell = number - int(self._firsts[shard])
        return self._cache.get(key, cell, int(self._blocks.offsets[number]), int(self._blocks.lengths[number]), fetch)

    def warn(self) -> None:
        """Say once that blocks cannot be stored, if that is so."""
        if self._cache is not None and self._cache.failure and not self._has_warned:
            self._has_warned = True
            warn_user(
                f"blocks cannot be kept in {self._folder} ({self._cache.failure}), and are fetched again",
                SamplesWarning,
            )
