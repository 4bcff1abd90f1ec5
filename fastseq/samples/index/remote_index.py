"""Indexes of shards in a store, which are made once, by `fastseq index`, or of what other tools have left there."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.index.index_file import HEAD_BYTES, SUFFIX, NotAnIndexError, header_size, parse_header
from fastseq.samples.index.kept_index import ShardsToIndex, cache_folder, cached, hashed, keep, read
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.index.shard_names import folder_of
from fastseq.status import Status
from fastseq.storage.store import ObjectInfo, StoreError, differ
from fastseq.storage.stores import folder_store, store_of

DEFAULT_NAME = f"index{SUFFIX}"
_MAX_INDEX_BYTES = 16 << 30
_Index = TypeVar("_Index")


def remote_index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of remote shards, which lies beside the first one or in the user's cache folder.

    Where there is none, but another tool's beside each shard, it is made of these.

    Raises:
        OSError: if there is no such folder, or if it cannot be read: a `StoreError`.
        ValueError: if there is no index, or if shards have changed since; the message says what to do.
    """
    there = _listed(folder_of(shards.paths[0]))
    damaged: list[str] = []
    index = _find(shards, there, damaged)
    if index is None:
        raise ValueError(_no_index(shards, there, damaged))
    return index


def find_remote_index(shards: ShardsToIndex) -> ShardIndex | None:
    """The index of remote shards that can do without; None if there is none, or if it cannot be had."""
    damaged: list[str] = []
    try:
        index = _find(shards, _listed(folder_of(shards.paths[0])), damaged)
    except StoreError:  # a store may let us read the shards, but not list them
        return None
    for what in damaged if index is None else []:
        warn_user(f"{what}; it is not used", SamplesWarning)
    return index


def _find(shards: ShardsToIndex, there: dict[str, ObjectInfo] | None, damaged: list[str]) -> ShardIndex | None:
    folder = folder_of(shards.paths[0])
    for index in chain(
        _beside(shards, folder, there, damaged), _kept(shards, folder), _by_sidecars(shards, there, damaged)
    ):
        changed = _changed(shards, index, there)
        if changed:
            warn_user(f"{changed} has changed since it was indexed", SamplesWarning)
            continue
        if None in (index.etags or ()):
            warn_user(
                f"{folder} tells neither ETags nor times of change: a shard that changes, and keeps its size, is not "
                "noticed",
                SamplesWarning,
            )
        return index
    return None


def upload_index(index: ShardIndex, shards: ShardsToIndex, url: str) -> None:
    """Write an index to a store.

    Raises:
        OSError: if it cannot be written: a `StoreError`, or an error of the folder for temporary files.
    """
    store, name = store_of(url)
    with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
        file = Path(folder, DEFAULT_NAME)
        keep(index, shards, file, folder_of(url))
        store.upload(name, file)


def remote_header(url: str) -> dict[str, Any]:
    """The header of an index in a store.

    Raises:
        NotAnIndexError: if it is not an index.
        OSError: if it cannot be read: a `StoreError`, for example.
    """
    store, name = store_of(url)
    info = store.info(name)
    if info.size < HEAD_BYTES:
        raise NotAnIndexError(f"{url} is not an index of fastseq")
    size = header_size(bytes(store.read(name, 0, HEAD_BYTES, info)), url)
    if HEAD_BYTES + size > info.size:
        raise NotAnIndexError(f"{url} is not a whole index")
    return parse_header(bytes(store.read(name, HEAD_BYTES, size, info)), url)


def _listed(folder: str) -> dict[str, ObjectInfo] | None:
    """The objects in a folder; None if its store cannot list them."""
    try:
        return folder_store(folder).names()
    except StoreError as error:
        if error.status == Status.UNSUPPORTED_FORMAT:
            return None
        raise


def _beside(
    shards: ShardsToIndex, folder: str, there: dict[str, ObjectInfo] | None, damaged: list[str]
) -> Iterator[ShardIndex]:
    """The indexes of these shards in their folder; those that are damaged are noted."""
    store = folder_store(folder)
    try:
        names = [DEFAULT_NAME] if there is None else [name for name in there if name.endswith(SUFFIX)]
        for name in sorted(names, key=lambda name: (name != DEFAULT_NAME, name)):
            url = f"{folder}/{name}"
            info = store.info(name)
            try:
                if info.size <= _MAX_INDEX_BYTES and shards.is_of(remote_header(url), folder):
                    index = read_copy(folder, name, info, lambda file: read(file, shards, folder))
                    if index is not None:
                        yield index
            except NotAnIndexError as error:
                damaged.append(str(error))
    except StoreError as error:
        if error.status not in (Status.NOT_FOUND, Status.PERMISSION_DENIED):
            raise


def read_copy(folder: str, name: str, info: ObjectInfo, read: Callable[[Path], _Index]) -> _Index:
    """The index in an object: from its copy in the user's cache folder, which is made if it is not there.

    Args:
        folder: the URL of the folder that it is in.
        name: of the object.
        info: what is known of it.
        read: reads the copy; may raise a `NotAnIndexError`.

    Raises:
        NotAnIndexError: if it is not an index, or too large.
        OSError: if it cannot be read: a `StoreError`, for example.
    """
    if info.size > _MAX_INDEX_BYTES:
        raise NotAnIndexError(f"{folder}/{name} is larger than {_MAX_INDEX_BYTES} bytes")
    key = hashed(f"{folder}/{name}")
    version = hashed(f"{info.size} {info.etag}")
    for cache in cache_folder():
        copy = cache / f"{key}-{version}{SUFFIX}"
        if info.etag is not None and copy.exists():
            with suppress(OSError, NotAnIndexError):  # a damaged copy is made again
                return read(copy)
        try:
            cache.mkdir(parents=True, exist_ok=True)
            temporary = cache / f".{copy.name}.{secrets.token_hex(6)}"
            try:
                _download(folder, name, temporary)
                index = read(temporary)
                for old in cache.glob(f"{key}-*{SUFFIX}"):
                    old.unlink(missing_ok=True)
                os.replace(temporary, copy)
            finally:
                temporary.unlink(missing_ok=True)
            return index
        except StoreError:
            raise
        except OSError:  # there is no such folder for us
            pass
    with tempfile.TemporaryDirectory(prefix="fastseq-") as place:
        _download(folder, name, Path(place, name))
        return read(Path(place, name))


def _download(folder: str, name: str, path: Path) -> None:
    with open(path, "xb") as file:
        folder_store(folder).download(name, file)


def _kept(shards: ShardsToIndex, folder: str) -> Iterator[ShardIndex]:
    """The index that `fastseq index` has kept for this user, where the store could not be written to."""
    for file in cached(shards):
        try:
            index = read(file, shards, folder)
        except (OSError, NotAnIndexError):
            continue
        if index is not None:
            yield index


def _by_sidecars(
    shards: ShardsToIndex, there: dict[str, ObjectInfo] | None, damaged: list[str]
) -> Iterator[ShardIndex]:
    """The index made of what lies beside the shards; if that is impossible, `damaged` says why."""
    try:
        index = shards.sidecars(there)
    except NotAnIndexError as error:
        damaged.append(str(error))
        return
    if index is not None:
        yield index


def _changed(shards: ShardsToIndex, index: ShardIndex, there: dict[str, ObjectInfo] | None) -> str:
    """The first shard that is not as the index says, as far as that is known without a request for each; "" if none."""
    folder = folder_of(shards.paths[0])
    sizes = index.versions[:, 0].tolist()
    for path, size, etag in zip(shards.paths, sizes, index.etags or (), strict=True):
        info = (there or {}).get(path.removeprefix(f"{folder}/"))
        if info is not None and differ(ObjectInfo(size, None if info.etag is None else etag), info):
            return path
    return ""


def _no_index(shards: ShardsToIndex, there: dict[str, ObjectInfo] | None, damaged: Iterable[str]) -> str:
    folder = folder_of(shards.paths[0])
    names = [path.removeprefix(f"{folder}/") for path in shards.paths]
    size = ""
    if there is not None and all(name in there for name in names):
        size = f", {sum(there[name].size for name in names) / 1e9:,.1f} GB"
    count = f"all {len(names):,} shards" if len(names) > 1 else "the whole shard"
    why = "".join(f" ({each})" for each in damaged)
    return (
        f"{folder} has no index of these shards for these images and labels{why}. To make one reads {count}{size}, "
        f"once: {shards.command}"
    )
