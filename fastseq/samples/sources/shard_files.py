"""Shards as files: those on a disk as they are; those in a store as copies, each for as long as it is read."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from fastseq._types import StrPath
from fastseq.storage.store import ObjectInfo, Store
from fastseq.storage.stores import store_of
from fastseq.urls import is_url

_HEAD_BYTES = 4 << 20


@dataclass(frozen=True)
class ShardFile:
    """A shard that can be opened.

    Attributes:
        name: its path or its URL, for messages.
        path: of the file.
        info: of the object that it is a copy of; None if it is none.
    """

    name: str
    path: str
    info: ObjectInfo | None = None


Copy: TypeAlias = Callable[[Store, str, BinaryIO], ObjectInfo]
"""Writes what is needed of an object, given its store and its name there, to a file."""


def whole(store: Store, name: str, file: BinaryIO) -> ObjectInfo:
    """All of it; see `Copy`."""
    return store.download(name, file)


def head(store: Store, name: str, file: BinaryIO) -> ObjectInfo:
    """Its first bytes; see `Copy`."""
    info = store.info(name)
    if info.size:
        file.write(store.read(name, 0, min(info.size, _HEAD_BYTES), info))
    return info


@contextmanager
def shard_file(shard: str, copy: Copy = whole) -> Iterator[ShardFile]:
    """A shard as a file; a copy of a remote one is deleted at the end.

    Args:
        shard: its path or its URL.
        copy: what of a remote one is copied.

    Raises:
        OSError: if it cannot be copied: a `StoreError`, or an error of the folder for temporary files.
    """
    if not is_url(shard):
        yield ShardFile(shard, shard)
        return
    store, name = store_of(shard)
    with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
        path = os.path.join(folder, "shard")
        with open(path, "wb") as file:
            info = copy(store, name, file)
        yield ShardFile(shard, path, info)


def check_parts(shard: str) -> None:
    """Ask a server for a part of a remote shard, as it must send parts later. Raises `StoreError` if it does not."""
    store, name = store_of(shard)
    info = store.info(name)
    if info.size:
        store.read(name, 0, 1, info)


def index_command(shards: StrPath | Iterable[StrPath], image: str | None, label: str | None) -> str:
    """What a user types to index shards that were given so."""
    given = [shards] if isinstance(shards, (str, os.PathLike)) else list(shards)
    words = [shlex.quote(os.fspath(shard)) for shard in given[:3]] + ["..."] * (len(given) > 3)
    for option, value in (("--image", image), ("--label", label)):
        words += [] if value is None else [option, shlex.quote(value)]
    return " ".join(["fastseq", "index", *words])
