"""Parts of local files that are read as those of objects are."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fastseq._native.buffers import BufferPool
from fastseq.status import Status
from fastseq.storage.store import StoreError, check_length

_FREE_BYTES = 32 << 20  # that are kept for the next parts: memory that was never written to costs as much as reading
_SIZE_STEP = 1 << 20  # so that parts of about the same size take the same memory
_STATUSES = {FileNotFoundError: Status.NOT_FOUND, PermissionError: Status.PERMISSION_DENIED}


def read_local(path: str, offset: int, length: int, version: Sequence[int]) -> memoryview:
    """Read a part of a file.

    Args:
        path: of the file.
        offset: in bytes.
        length: in bytes.
        version: its size and the time of its last change, in nanoseconds, when something was found in it.

    Raises:
        StoreError: if it cannot be read, or has changed.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if [status.st_size, status.st_mtime_ns] != list(version):
                raise StoreError(path, Status.CHANGED)
            data = read_all(file.fileno(), offset, length)
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(path, _STATUSES.get(type(error), Status.READ_ERROR), error.strerror or str(error)) from error
    return check_length(path, data, offset, length)


def read_all(file: int, offset: int, length: int) -> memoryview:
    """Read a part of an open file, given its descriptor: fewer bytes where it ends. OSError if that is impossible."""
    data, done = _buffer(length), 0
    while done < length and (count := os.preadv(file, [data[done:]], offset + done)):
        done += count
    return data[:done]


def _buffer(length: int) -> memoryview:
    """Memory with arbitrary contents. A forked child has a pool of its own, and keeps the one that it cannot use."""
    global _pool
    pid, pool = _pool
    if pid != os.getpid():
        _inherited.append(pool)
        pool = BufferPool(_FREE_BYTES)
        _pool = os.getpid(), pool
    return memoryview(pool.allocate(-(-length // _SIZE_STEP) * _SIZE_STEP))[:length]


_pool = os.getpid(), BufferPool(_FREE_BYTES)
_inherited: list[BufferPool] = []  # another thread of the parent may have been within it
