"""The central directory of a zip archive in a store."""

from __future__ import annotations

import os
from typing import BinaryIO

from fastseq._native.shards import ZipReader
from fastseq.storage.store import ObjectInfo, Store

_TAIL_BYTES = 1 << 20  # with the records that say where the directory is, and often all of it
_REQUEST_BYTES = 8 << 20


def directory(store: Store, name: str, file: BinaryIO) -> ObjectInfo:
    """The central directory, in its place; all else reads as zeros. See `fastseq.samples.sources.shard_files.Copy`."""
    info = store.info(name)
    file.truncate(info.size)
    tail = max(info.size - _TAIL_BYTES, 0)
    _write_part(store, name, info, tail, info.size, file)
    file.flush()
    reader = ZipReader(os.fsencode(file.name))
    if not reader.done:
        _write_part(store, name, info, min(reader.directory_offset, tail), tail, file)
    return info


def _write_part(store: Store, name: str, info: ObjectInfo, begin: int, end: int, file: BinaryIO) -> None:
    file.seek(begin)
    for offset in range(begin, end, _REQUEST_BYTES):
        file.write(store.read(name, offset, min(_REQUEST_BYTES, end - offset), info))
