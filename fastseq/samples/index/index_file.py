"""Index files: a JSON header, and columns of numbers that are mapped and not read.

| bytes | |
| --- | --- |
| 0 to 8 | `MAGIC` |
| 8 to 16 | the size of the header, a little-endian integer |
| from 16 | the header, a JSON object. Its "columns" have a dtype, a shape and the offset in the file of each column |
| the rest | the columns, each at a multiple of 64 bytes |

A file is written under another name and then renamed, so that there never is a part of one.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath

MAGIC = b"FSINDEX1"

_ALIGNMENT = 64
_MAX_HEADER = 1 << 30
_DTYPES = ("|u1", "<i4", "<i8", "<f4")


class NotAnIndexError(ValueError):
    """A file is not an index, or not a whole one."""


def write_index(path: StrPath, header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> None:
    """Write an index file.

    Args:
        path: the file; one that is there is replaced.
        header: what JSON can hold.
        columns: uint8, int32, int64 or float32.

    Raises:
        OSError: if it cannot be written; then nothing is left behind.
    """
    arrays = {name: np.ascontiguousarray(column, column.dtype.newbyteorder("<")) for name, column in columns.items()}
    described: dict[str, dict[str, Any]] = {
        name: {"dtype": array.dtype.newbyteorder("<").str, "shape": array.shape, "offset": 0}
        for name, array in arrays.items()
    }
    start = 16 + len(_json({**header, "columns": described})) + 20 * len(described)  # an offset has at most 20 digits
    for name, array in arrays.items():
        start = -(-start // _ALIGNMENT) * _ALIGNMENT
        described[name]["offset"] = start
        start += array.nbytes
    text = _json({**header, "columns": described})
    folder, name = os.path.split(os.fspath(path))
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder or ".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + len(text).to_bytes(8, "little") + text)
            for name, array in arrays.items():
                file.write(bytes(described[name]["offset"] - file.tell()))
                file.write(array.data if array.size else b"")
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_header(path: StrPath) -> dict[str, Any]:
    """The header of an index file.

    Raises:
        NotAnIndexError: if it is not an index file.
        OSError: if it cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(16)
        size = int.from_bytes(start[8:], "little")
        if len(start) < 16 or start[:8] != MAGIC or size > _MAX_HEADER:
            raise NotAnIndexError(f"{os.fspath(path)} is not an index of fastseq")
        text = file.read(size)
    try:
        header = json.loads(text)
    except ValueError as error:
        raise NotAnIndexError(f"{os.fspath(path)}: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("columns"), dict):
        raise NotAnIndexError(f"{os.fspath(path)} has no columns")
    return header


def map_columns(path: StrPath, header: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Map the columns of an index file, read-only.

    Raises:
        NotAnIndexError: if they are not in the file.
        OSError: if it cannot be read.
    """
    mapped = np.asarray(np.memmap(path, np.uint8, "r"))
    columns = {}
    for name, described in header["columns"].items():
        try:
            dtype, shape, offset = described["dtype"], described["shape"], described["offset"]
            known = dtype in _DTYPES and all(isinstance(n, int) and n >= 0 for n in (*shape, offset))
        except (KeyError, TypeError):
            known = False
        if not known:
            raise NotAnIndexError(f"{os.fspath(path)}: the column {name!r} is not known")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if offset % _ALIGNMENT or offset + size > len(mapped):
            raise NotAnIndexError(f"{os.fspath(path)}: the column {name!r} is not whole")
        columns[name] = mapped[offset : offset + size].view(dtype).reshape(shape)
    return columns


def _json(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
