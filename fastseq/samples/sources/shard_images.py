"""The images found in shards, as the shards are gone through."""

from __future__ import annotations

import errno
import os
import stat
from array import array
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.left_out import LeftOut


class ShardImages:
    """Where the images are that were found so far, and what was left out."""

    def __init__(self) -> None:
        self._shards = array("i")
        self._versions: list[tuple[int, int]] = []
        self._ranges = RangesBuilder()
        self._left_out: dict[str, LeftOut] = {}

    def __len__(self) -> int:
        return len(self._shards)

    def add_shard(self, version: tuple[int, int]) -> None:
        """Add the next shard: its size and the time of its last change; its images follow."""
        self._versions.append(version)

    def add(self, offset: int, length: int) -> None:
        """Add an image, and where it is in the last shard."""
        self._shards.append(len(self._versions) - 1)
        self._ranges.add(offset, length)

    def leave_out(self, reason: str, name: str) -> None:
        """Note something that is left out, for a warning that begins with the reason."""
        self._left_out.setdefault(reason, LeftOut()).add(name)

    def table(self, paths: Sequence[str]) -> PathTable:
        """A table of the images in the shards at some paths; nothing can be added after that."""
        return replace(
            PathTable.from_strings(paths),
            path_numbers=np.frombuffer(self._shards, np.int32),
            ranges=self._ranges.ranges(),
            versions=np.array(self._versions, np.int64),
        )

    def warn(self) -> None:
        """Say what was left out, each reason once."""
        for reason, left_out in self._left_out.items():
            warn_user(f"{reason}: {left_out}", SamplesWarning)


def check_is_file(path: str) -> None:
    """Raise the system's error if there is no such shard, or if it is a folder."""
    if stat.S_ISDIR(os.stat(path).st_mode):
        raise IsADirectoryError(errno.EISDIR, "A folder, not a shard; name the files in it, as in folder/*", path)
