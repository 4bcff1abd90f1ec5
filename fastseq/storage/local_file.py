"""Parts of local files that are read as those of objects are."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fastseq.status import Status
from fastseq.storage.pooled_memory import pooled
from fastseq.storage.store import StoreError, check_length

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
    data, done = pooled(length), 0
    while done < length and (count := os.preadv(file, [data[done:]], offset + done)):
        done += count
    return data[:done]
