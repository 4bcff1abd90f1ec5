"""The images found in shards, as the shards are gone through."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from fastseq.samples.blocks import Blocks
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.left_out import LeftOut
from fastseq.storage.store import ObjectInfo


class ShardImages:
    """Where the images are that were found so far, and what was left out."""

    def __init__(self) -> None:
        self._shards = array("i")
        self._versions: list[tuple[int, int]] = []
        self._etags: list[str | None] = []
        self._counts = array("q")
        self._ranges = RangesBuilder()
        self._left_out: dict[str, LeftOut] = {}

    def __len__(self) -> int:
        return len(self._shards)

    def add_shard(self, version: tuple[int, int], info: ObjectInfo | None = None) -> None:
        """Add the next shard: its size and the time of its last change, or what its store says; its images follow."""
        self._versions.append(version if info is None else (info.size, 0))
        self._counts.append(0)
        if info is not None:
            self._etags.append(info.etag)

    def count(self, samples: int) -> None:
        """Count samples of the last shard, with an image or without."""
        self._counts[-1] += samples

    def add(self, offset: int, length: int, name: str | None = None, checksum: int = -1) -> None:
        """Add an image: where it is in the last shard, its name there, and its checksum; see `Ranges`."""
        self._shards.append(len(self._versions) - 1)
        self._ranges.add(offset, length, checksum=checksum, name=name)

    def leave_out(self, reason: str, name: str) -> None:
        """Note something that is left out, for a warning that begins with the reason."""
        self._left_out.setdefault(reason, LeftOut()).add(name)

    def index(self, paths: Sequence[str], labels: RawLabels | None) -> ShardIndex:
        """All of it, of the shards at some paths, with the labels; nothing can be added after that."""
        ranges, shards = self._ranges.ranges(), np.frombuffer(self._shards, np.int32)
        return ShardIndex(
            tuple(paths),
            np.array(self._versions, np.int64),
            shards,
            ranges.offsets,
            ranges.lengths,
            np.frombuffer(self._counts, np.int64),
            Blocks.of_images(shards, ranges.offsets, ranges.lengths),
            ranges.names,
            labels,
            self._left_out,
            tuple(self._etags) if self._etags else None,
            ranges.checksums,
        )
