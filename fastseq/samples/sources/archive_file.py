"""Zip archives as files: remote ones as copies of their central directory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from fastseq._native.shards import ZipReader
from fastseq.samples.sources.shard_files import ShardFile
from fastseq.storage.store import ObjectInfo, Store
from fastseq.storage.stores import store_of
from fastseq.urls import is_url

_TAIL_BYTES = 1 << 20  # with the records that say where the directory is, and often all of it
_REQUEST_BYTES = 8 << 20


@contextmanager
def archive_file(path: str) -> Iterator[ShardFile]:
    """A zip archive as a file. Of a remote one only the directory is copied: all else reads as zeros.

    Raises:
        OSError: if it cannot be copied: a `StoreError`, or an error of the folder for temporary files.
    """
    if not is_url(path):
        yield ShardFile(path, path)
        return
    store, name = store_of(path)
    info = store.info(name)
    with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
        copy = os.path.join(folder, "archive")
        with open(copy, "wb") as file:
            file.truncate(info.size)
            tail = max(info.size - _TAIL_BYTES, 0)
            _copy(store, name, info, tail, info.size, file)
            file.flush()
            reader = ZipReader(os.fsencode(copy))
            if not reader.done:
                _copy(store, name, info, min(reader.directory_offset, tail), tail, file)
        yield ShardFile(path, copy, info)


def _copy(store: Store, name: str, info: ObjectInfo, begin: int, end: int, file: BinaryIO) -> None:
    file.seek(begin)
    for offset in range(begin, end, _REQUEST_BYTES):
        file.write(store.read(name, offset, min(_REQUEST_BYTES, end - offset), info))
