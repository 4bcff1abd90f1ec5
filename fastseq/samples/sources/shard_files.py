"""Shards as files: those on a disk as they are; those in a store as copies, each for as long as it is read."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread

from fastseq._types import StrPath
from fastseq.storage.store import ObjectInfo
from fastseq.storage.stores import store_of
from fastseq.urls import is_url

_COPIES = 4  # at a time
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


def shard_files(shards: Sequence[str]) -> Iterator[ShardFile]:
    """Iterate over shards. A copy of a remote one is deleted when the next one is asked for.

    Raises:
        OSError: if one cannot be copied: a `StoreError`, or an error of the folder for temporary files.
    """
    if any(map(is_url, shards)):
        yield from _copies(shards)
    else:
        yield from (ShardFile(shard, shard) for shard in shards)


def shard_heads(shards: Sequence[str]) -> Iterator[ShardFile]:
    """Iterate over shards, of which a copy has only the beginning; otherwise like `shard_files`."""
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


def _copies(shards: Sequence[str]) -> Iterator[ShardFile]:
    with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
        todo: SimpleQueue[int] = SimpleQueue()
        done: list[SimpleQueue[ObjectInfo | BaseException]] = [SimpleQueue() for _ in shards]

        def path(number: int) -> str:
            return os.path.join(folder, f"{number}.shard")

        def copy_some() -> None:
            while (number := todo.get()) >= 0:
                try:
                    store, name = store_of(shards[number])
                    with open(path(number), "wb") as file:
                        info = store.download(name, file)
                    if number == 0 and info.size:  # whether the server sends parts of an object, as it must later
                        store.read(name, 0, 1, info)
                    done[number].put(info)
                except BaseException as error:  # for the thread that waits
                    done[number].put(error)

        for _ in range(_COPIES):  # daemons, so that Ctrl-C need not wait for them
            Thread(target=copy_some, daemon=True).start()
        try:
            for number in range(min(_COPIES, len(shards))):
                todo.put(number)
            for number, shard in enumerate(shards):
                info = done[number].get()
                if isinstance(info, BaseException):
                    raise info
                yield ShardFile(shard, path(number), info)
                os.unlink(path(number))
                if number + _COPIES < len(shards):
                    todo.put(number + _COPIES)
        finally:
            for _ in range(_COPIES):
                todo.put(-1)
