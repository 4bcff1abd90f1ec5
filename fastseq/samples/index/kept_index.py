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
from fastseq.executors import Executor, Task, results_of
from fastseq.executors.threads import in_threads, one_by_one
from fastseq.samples.index.columns import columns_of, index_from_columns
from fastseq.samples.index.index_file import SUFFIX, NotAnIndexError, read_columns, read_header, write_index
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.index.shard_names import folder_of, names_in, shards_named
from fastseq.samples.sources.left_out import LeftOut
from fastseq.samples.sources.shard_files import check_parts
from fastseq.storage.store import ObjectInfo
from fastseq.urls import is_url

KEPT_AFTER_S = 2.0
"""An index that took longer to make is kept."""

_FORMAT = 4
_COPIES = 4  # of remote shards, at a time


@dataclass(frozen=True)
class ShardsToIndex:
    """Shards, and how they are indexed.

    Attributes:
        source: "tar", "tfrecord" or "parquet".
        settings: what images and labels are in these shards, as JSON can hold it.
        paths: of the shards, or their URLs.
        tasks: find what is in each shard, and can be pickled.
        merge: makes the index of what the tasks return; raises a ValueError if there are no images.
        command: what a user types to make it.
        sidecars: makes the index of what lies beside remote shards, given the objects in the folder of the first one,
            or None if they cannot be listed; see `index_by_dali`.
        check: compares an index with what else is known of the shards; raises a ValueError, or warns.
    """

    source: str
    settings: Mapping[str, Any]
    paths: tuple[str, ...]
    tasks: Sequence[Task]
    merge: Callable[[Sequence[Any]], ShardIndex]
    command: str
    sidecars: Callable[[Mapping[str, ObjectInfo] | None], ShardIndex | None] = lambda there: None
    check: Callable[[ShardIndex], None] = lambda index: None

    @property
    def is_remote(self) -> bool:
        """Whether the shards are objects in a store."""
        return is_url(self.paths[0])

    def make(self, advance: Callable[[], None] = lambda: None, executor: Executor | None = None) -> ShardIndex:
        """Make the index.

        Args:
            advance: is called after each shard.
            executor: runs the tasks; for None a few at a time, in this process.

        Raises:
            OSError: if a shard cannot be read.
            ValueError: if one cannot be indexed, or if there are no images.
        """
        if self.is_remote:
            check_parts(self.paths[0])
        executor = executor or (in_threads(_COPIES) if self.is_remote else one_by_one)
        return self.merge(results_of(self.tasks, executor, advance))

    def is_of(self, header: Mapping[str, Any], folder: str) -> bool:
        """Whether an index in a folder is of these shards, by the same settings."""
        names = header.get("paths")
        return (
            (header.get("format"), header.get("source")) == (_FORMAT, self.source)
            and header.get("settings") == json.loads(json.dumps(self.settings))
            and isinstance(names, list)
            and all(isinstance(name, str) for name in names)
            and shards_named(folder, names) == [path if is_url(path) else os.path.abspath(path) for path in self.paths]
        )


def local_index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of some local shards that was kept, if they have not changed since; otherwise a new one.

    It is looked for beside the first shard, and in the user's cache folder, where a new one is kept if it took long.

    Raises:
        OSError: if there is no such shard, or if one cannot be read.
        ValueError: if one cannot be indexed.
    """
    beside = sorted(Path(folder_of(shards.paths[0])).glob(f"*{SUFFIX}"))
    for file in (*beside, *cached(shards)):
        try:
            index = read(file, shards, os.path.dirname(os.path.abspath(file)))
        except (OSError, NotAnIndexError):  # it is made anew
            continue
        if index is None:
            continue
        if np.array_equal(index.versions, _versions(shards.paths)):
            return index
        if file in beside:
            warn_user(f"{file} is of these shards before they changed; make it again by fastseq index", SamplesWarning)
    start = time.monotonic()
    index = shards.make()
    if time.monotonic() - start > KEPT_AFTER_S:
        for file in cached(shards):
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                keep(index, shards, file)
            except OSError:  # the next run makes it again
                pass
    return index


def keep(index: ShardIndex, shards: ShardsToIndex, file: Path, folder: str | None = None) -> None:
    """Write an index to a file.

    Args:
        index: the index.
        shards: what it is of.
        file: the file.
        folder: where it will lie, as a URL; None where the file is.

    Raises:
        OSError: if it cannot be written.
    """
    header: dict[str, Any] = {
        "format": _FORMAT,
        "source": shards.source,
        "settings": dict(shards.settings),
        "paths": names_in(folder or os.path.dirname(os.path.abspath(file)), shards.paths),
        "etags": index.etags,
        "left_out": {reason: [one.count, one.examples] for reason, one in index.left_out.items()},
    }
    write_index(file, header, columns_of(index))


def read(file: Path, shards: ShardsToIndex, folder: str) -> ShardIndex | None:
    """The index in a file that lies, or has lain, in a folder; None if it is of something else.

    Raises:
        NotAnIndexError: if it is no index, or damaged.
        OSError: if it cannot be read.
    """
    header = read_header(file)
    if not shards.is_of(header, folder):
        return None
    left_out, etags = {}, header.get("etags")
    try:
        for reason, (count, examples) in header["left_out"].items():
            left_out[reason] = LeftOut(int(count), list(map(str, examples)))
        if etags is not None:
            etags = tuple(None if etag is None else str(etag) for etag in etags)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NotAnIndexError(f"{file} does not say what was left out") from None
    if (etags is not None) != shards.is_remote:
        raise NotAnIndexError(f"{file} has ETags of files, or none of objects")
    index = index_from_columns(shards.paths, read_columns(file, header), left_out, etags, os.fspath(file))
    if (index.labels is None) != (shards.settings.get("label") is None):
        raise NotAnIndexError(f"{file} has no labels, or labels that nobody asked for")
    if shards.source == "tar" and index.labels is not None and index.labels.texts is None:
        raise NotAnIndexError(f"{file} has labels that are no text")
    return index


def cached(shards: ShardsToIndex) -> Iterator[Path]:
    """Where the index is kept in the user's cache folder, if there is one."""
    paths = [path if is_url(path) else os.path.abspath(path) for path in shards.paths]
    what = json.dumps([shards.source, dict(shards.settings), paths])
    yield from (folder / (hashed(what) + SUFFIX) for folder in cache_folder())


def hashed(what: str) -> str:
    """A name of a file in the cache folder for whatever a text describes."""
    return hashlib.blake2b(what.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def cache_folder() -> Iterator[Path]:
    """The folder of indexes in the user's cache folder, if there is one."""
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # is ignored, as the XDG specification says
        folder = os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(folder):
        yield Path(folder, "fastseq", "indexes")


def _versions(paths: Sequence[str]) -> NDArray[np.int64]:
    stats = [os.stat(path) for path in paths]
    return np.array([(stat.st_size, stat.st_mtime_ns) for stat in stats], np.int64)
