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

from fastseq.samples.index.index_file import NotAnIndexError, map_columns, read_header, write_index
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.name_table import NameTable
from fastseq.samples.sources.left_out import LeftOut

KEPT_AFTER_S = 2.0
"""An index that took longer to make is kept."""

SUFFIX = ".fsi"

_FORMAT = 1


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
        return (
            (header.get("format"), header.get("source")) == (_FORMAT, self.source)
            and header.get("settings") == json.loads(json.dumps(self.settings))
            and isinstance(header.get("paths"), list)
            and [os.path.normpath(os.path.join(folder, path)) for path in header["paths"]]
            == list(map(os.path.abspath, self.paths))
        )


def index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of some shards that was kept, if they have not changed since; otherwise a new one.

    It is looked for beside the first shard, and in the user's cache folder, where a new one is kept if it took long.

    Raises:
        OSError: if there is no such shard, or if one cannot be read.
        ValueError: if one cannot be indexed.
    """
    for file in _candidates(shards):
        try:
            index = _read(file, shards)
        except (OSError, NotAnIndexError):  # it is made anew
            continue
        if index is not None and np.array_equal(index.versions, _versions(shards.paths)):
            return index
    start = time.monotonic()
    index = shards.make(lambda: None)
    if time.monotonic() - start > KEPT_AFTER_S:
        try:
            _cached(shards).parent.mkdir(parents=True, exist_ok=True)
            keep(index, shards, _cached(shards))
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
    columns: dict[str, NDArray[Any]] = {
        "versions": index.versions,
        "shards": index.shards,
        "offsets": index.offsets,
        "lengths": index.lengths,
    }
    if index.names is not None:
        columns["names"], columns["name_offsets"] = index.names.blob, index.names.offsets
    if index.labels is not None:
        header["texts"] = index.labels.texts
        columns["labels"] = index.labels.values
    write_index(file, header, columns)


def _read(file: Path, shards: ShardsToIndex) -> ShardIndex | None:
    """The index in a file; None if it is of something else."""
    header = read_header(file)
    folder = os.path.dirname(os.path.abspath(file))
    if not shards.is_of(header, folder):
        return None
    columns = map_columns(file, header)
    try:
        labels = None
        if "labels" in columns:
            labels = RawLabels(columns["labels"], None if header["texts"] is None else tuple(header["texts"]))
        index = ShardIndex(
            paths=shards.paths,
            versions=columns["versions"],
            shards=columns["shards"],
            offsets=columns["offsets"],
            lengths=columns["lengths"],
            names=NameTable(columns["names"], columns["name_offsets"]) if "names" in columns else None,
            labels=labels,
            left_out={reason: LeftOut(count, examples) for reason, (count, examples) in header["left_out"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAnIndexError(f"{file} lacks what an index has") from None
    if not _is_sound(index):
        raise NotAnIndexError(f"{file} has columns that do not fit together")
    return index


def _is_sound(index: ShardIndex) -> bool:
    n, shards, labels = len(index.shards), len(index.paths), index.labels
    rows: list[NDArray[Any]] = [index.shards, index.offsets, index.lengths]
    if labels is not None:
        rows.append(labels.values)
    names = index.names
    if names is not None and (len(names) != n or names.offsets[0] or names.offsets[-1] != len(names.blob)):
        return False
    if index.versions.shape != (shards, 2) or any(column.shape != (n,) for column in rows) or not n:
        return False
    texts = None if labels is None else labels.texts
    in_shards = index.shards.min() >= 0 and index.shards.max() < shards
    return bool(
        in_shards and (labels is None or texts is None or 0 <= labels.values.min() <= labels.values.max() < len(texts))
    )


def _candidates(shards: ShardsToIndex) -> Iterator[Path]:
    folder = Path(os.path.abspath(shards.paths[0])).parent
    yield from sorted(folder.glob(f"*{SUFFIX}"))
    yield _cached(shards)


def _cached(shards: ShardsToIndex) -> Path:
    what = json.dumps([shards.source, dict(shards.settings), list(map(os.path.abspath, shards.paths))])
    name = hashlib.blake2b(what.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(folder, "fastseq", "indexes", name + SUFFIX)


def _versions(paths: Sequence[str]) -> NDArray[np.int64]:
    stats = [os.stat(path) for path in paths]
    return np.array([(stat.st_size, stat.st_mtime_ns) for stat in stats], np.int64)
