"""Shards as files: those on a disk as they are; those in a store as copies, each for as long as it is read."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fastseq._types import StrPath
from fastseq.storage.store import ObjectInfo
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


@contextmanager
def shard_file(shard: str, *, check_parts: bool = False) -> Iterator[ShardFile]:
    """A shard as a file; a copy of a remote one is deleted at the end.

    Args:
        shard: its path or its URL.
        check_parts: whether to ask a server for a part of the shard, as it must send parts later.

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
            info = store.download(name, file)
        if check_parts and info.size:
            store.read(name, 0, 1, info)
        yield ShardFile(shard, path, info)


def shard_heads(shards: Sequence[str]) -> Iterator[ShardFile]:
    """Iterate over shards, of which a copy has only the beginning; otherwise like `shard_file`."""
    for shard in shards:
        if not is_url(shard):
            yield ShardFile(shard, shard)
            continue
        store, name = store_of(shard)
        info = store.info(name)
        with tempfile.NamedTemporaryFile(prefix="fastseq-") as file:
            if info.size:
                file.write(store.read(name, 0, min(info.size, _HEAD_BYTES), info))
            file.flush()
            yield ShardFile(shard, file.name, info)


def index_command(shards: StrPath | Iterable[StrPath], image: str | None, label: str | None) -> str:
    """What a user types to index shards that were given so."""
    given = [shards] if isinstance(shards, (str, os.PathLike)) else list(shards)
    words = [shlex.quote(os.fspath(shard)) for shard in given[:3]] + ["..."] * (len(given) > 3)
    for option, value in (("--image", image), ("--label", label)):
        words += [] if value is None else [option, shlex.quote(value)]
    return " ".join(["fastseq", "index", *words])
