"""The index of some shards."""

from __future__ import annotations

from fastseq.samples.index.kept_index import ShardsToIndex, local_index_of
from fastseq.samples.index.remote_index import remote_index_of
from fastseq.samples.index.shard_index import ShardIndex


def index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of shards: one that was kept, or a new one where that does not read whole shards over a network.

    Raises:
        OSError: if a shard or a folder cannot be read.
        ValueError: if a shard cannot be indexed, or is not what a list says of it; if there is no index of remote ones.
    """
    index = remote_index_of(shards) if shards.is_remote else local_index_of(shards)
    shards.check(index)
    return index
