"""Indexes of shards that were kept: beside the shards, or in a folder of the user's."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.index.columns import columns_of, index_from_columns
from fastseq.samples.index.index_file import SUFFIX, NotAnIndexError, read_columns, read_header, write_index
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.sources.left_out import LeftOut

KEPT_AFTER_S = 2.0
"""An index that took longer to make is kept."""

_FORMAT = 2


@dataclass(frozen=True)
class ShardsToIndex:
    """Shards, and how they are indexed.

    Attributes:
        source: "tar" or "tfrecord".
        settings: what images and labels are in these shards, as JSON can hold it.
        paths: of the shards.
        make: makes the index; calls its argument after each shard.
    """

    source: str
    settings: Mapping[str, Any]
    paths: tuple[str, ...]
    make: Callable[[Callable[[], None]], ShardIndex]

    def is_of(self, header: Mapping[str, Any], folder: str) -> bool:
        """Whether an index in a folder is of these shards, by the same settings."""
        paths = header.get("paths")
        return (
            (header.get("format"), header.get("source")) == (_FORMAT, self.source)
            and header.get("settings") == json.loads(json.dumps(self.settings))
            and isinstance(paths, list)
            and all(isinstance(path, str) for path in paths)
            and [os.path.normpath(os.path.join(folder, path)) for path in paths]
            == list(map(os.path.abspath, self.paths))
        )


def index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of some shards that was kept, if they have not changed since; otherwise a new one.

    It is looked for beside the first shard, and in the user's cache folder, where a new one is kept if it took long.

    Raises:
        OSError: if there is no such shard, or if one cannot be read.
        ValueError: if one cannot be indexed.
    """
    beside = sorted(_folder(shards).glob(f"*{SUFFIX}"))
    for file in (*beside, *_cached(shards)):
        try:
            index = _read(file, shards)
        except (OSError, NotAnIndexError):  # it is made anew
            continue
        if index is None:
            continue
        if np.array_equal(index.versions, _versions(shards.paths)):
            return index
        if file in beside:
            warn_user(f"{file} is of these shards before they changed; make it again by fastseq index", SamplesWarning)
    start = time.monotonic()
    index = shards.make(lambda: None)
    if time.monotonic() - start > KEPT_AFTER_S:
        for file in _cached(shards):
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                keep(index, shards, file)
            except OSError:  # the next run makes it again
                pass
    return index


def keep(index: ShardIndex, shards: ShardsToIndex, file: Path) -> None:
    """Write an index to a file.

    Raises:
        OSError: if it cannot be written.
    """
    folder = os.path.dirname(os.path.abspath(file))
    header: dict[str, Any] = {
        "format": _FORMAT,
        "source": shards.source,
        "settings": dict(shards.settings),
        "paths": [os.path.relpath(path, folder) for path in shards.paths],
        "left_out": {reason: [one.count, one.examples] for reason, one in index.left_out.items()},
    }
    write_index(file, header, columns_of(index))


def _read(file: Path, shards: ShardsToIndex) -> ShardIndex | None:
    """The index in a file; None if it is of something else."""
    header = read_header(file)
    if not shards.is_of(header, os.path.dirname(os.path.abspath(file))):
        return None
    left_out = {}
    try:
        for reason, (count, examples) in header["left_out"].items():
            left_out[reason] = LeftOut(int(count), list(map(str, examples)))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NotAnIndexError(f"{file} does not say what was left out") from None
    return index_from_columns(shards.paths, read_columns(file, header), left_out, os.fspath(file))


def _folder(shards: ShardsToIndex) -> Path:
    return Path(os.path.abspath(shards.paths[0])).parent


def _cached(shards: ShardsToIndex) -> Iterator[Path]:
    """Where the index is kept in the user's cache folder, if there is one."""
    what = json.dumps([shards.source, dict(shards.settings), list(map(os.path.abspath, shards.paths))])
    name = hashlib.blake2b(what.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # is ignored, as the XDG specification says
        folder = os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(folder):
        yield Path(folder, "fastseq", "indexes", name + SUFFIX)


def _versions(paths: Sequence[str]) -> NDArray[np.int64]:
    stats = [os.stat(path) for path in paths]
    return np.array([(stat.st_size, stat.st_mtime_ns) for stat in stats], np.int64)
