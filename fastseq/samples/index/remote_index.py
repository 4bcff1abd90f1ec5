"""Indexes of shards in a store, which are made once, by `fastseq index`."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.index.index_file import SUFFIX, NotAnIndexError, read_header
from fastseq.samples.index.kept_index import ShardsToIndex, cache_folder, cached, hashed, keep, read
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.index.shard_names import folder_of
from fastseq.status import Status
from fastseq.storage.store import ObjectInfo, StoreError
from fastseq.storage.stores import folder_store, store_of

DEFAULT_NAME = f"index{SUFFIX}"
_MAX_INDEX_BYTES = 16 << 30


def remote_index_of(shards: ShardsToIndex) -> ShardIndex:
    """The index of remote shards, which lies beside the first one or in the user's cache folder.

    Raises:
        OSError: if there is no such folder, or if it cannot be read: a `StoreError`.
        ValueError: if there is no index, or if shards have changed since; the message says what to do.
    """
    folder = folder_of(shards.paths[0])
    there = _listed(folder)
    for file in (*_beside(folder, there), *cached(shards)):
        try:
            index = read(file, shards, folder)
        except (OSError, NotAnIndexError):
            continue
        if index is None:
            continue
        changed = _changed(shards, index, there)
        if not changed:
            return index
        warn_user(f"{changed} has changed since it was indexed", SamplesWarning)
    raise ValueError(_no_index(shards, there))


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
    with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
        copy = Path(folder, DEFAULT_NAME)
        with open(copy, "xb") as file:
            store.download(name, file)
        return read_header(copy)


def _listed(folder: str) -> dict[str, ObjectInfo] | None:
    """The objects in a folder; None if its store cannot list them."""
    try:
        return folder_store(folder).names()
    except StoreError as error:
        if error.status == Status.UNSUPPORTED_FORMAT:
            return None
        raise


def _beside(folder: str, there: dict[str, ObjectInfo] | None) -> Iterator[Path]:
    """Copies of the indexes in a folder, in the user's cache folder."""
    store = folder_store(folder)
    if there is None:
        try:
            there = {DEFAULT_NAME: store.info(DEFAULT_NAME)}
        except StoreError as error:
            if error.status in (Status.NOT_FOUND, Status.PERMISSION_DENIED):
                return
            raise
    for name, info in sorted(there.items()):
        if name.endswith(SUFFIX) and "/" not in name and info.size <= _MAX_INDEX_BYTES:
            for cache in cache_folder():
                copy = cache / (hashed(f"{folder}/{name} {info.size} {info.etag}") + SUFFIX)
                if info.etag is None or not copy.exists():
                    _copy(folder, name, copy)
                yield copy


def _copy(folder: str, name: str, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    temporary = copy.with_name(f".{copy.name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            folder_store(folder).download(name, file)
        os.replace(temporary, copy)
    finally:
        temporary.unlink(missing_ok=True)


def _changed(shards: ShardsToIndex, index: ShardIndex, there: dict[str, ObjectInfo] | None) -> str:
    """The first shard that is not as the index says, as far as that is known without a request for each; "" if none."""
    folder = folder_of(shards.paths[0])
    sizes = index.versions[:, 0].tolist()
    for path, size, etag in zip(shards.paths, sizes, index.etags or (), strict=True):
        info = (there or {}).get(path.removeprefix(f"{folder}/"))
        if info is not None and (info.size != size or _differ(info.etag, etag)):
            return path
    return ""


def _differ(etag: str | None, other: str | None) -> bool:
    """Whether two ETags are known and differ; listings may have them without quotes."""
    return etag is not None and other is not None and etag.strip('"') != other.strip('"')


def _no_index(shards: ShardsToIndex, there: dict[str, ObjectInfo] | None) -> str:
    folder = folder_of(shards.paths[0])
    names = [path.removeprefix(f"{folder}/") for path in shards.paths]
    size = ""
    if there is not None and all(name in there for name in names):
        size = f", {sum(there[name].size for name in names) / 1e9:,.1f} GB"
    count = f"all {len(names):,} shards" if len(names) > 1 else "the whole shard"
    return (
        f"{folder} has no index of these shards for these images and labels. To make one reads {count}{size}, once: "
        f"{shards.command}"
    )
