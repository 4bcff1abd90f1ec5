"""Index files: a JSON header, and columns of numbers.

| bytes | |
| --- | --- |
| 0 to 8 | `MAGIC` |
| 8 to 16 | the size of the header, a little-endian integer |
| from 16 | the header, a JSON object; "columns" has the dtype, shape, offset in the file and CRC-32 of each column |
| the rest | the columns, each at a multiple of 64 bytes |

A file is written under another name and then renamed, so that there never is a part of one.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import stat
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath

MAGIC = b"FSINDEX1"
SUFFIX = ".fsi"
"""What the names of index files end in."""

CROP_ROWS = "crop_rows"
"""The column of crop indexes: as large as all others, and checked row by row when images are decoded, not before."""

HEAD_BYTES = 16
"""What comes before the header."""

_ALIGNMENT = 64
_MAX_HEADER = 64 << 20
_MAPPED_FROM = 32 << 20  # bytes; smaller files are read, as others may write to a file that is mapped
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
        name: {"dtype": array.dtype.str, "shape": array.shape, "offset": 0, "crc32": zlib.crc32(array.data)}
        for name, array in arrays.items()
    }
    start = 16 + len(_json({**header, "columns": described})) + 20 * len(described)  # an offset has at most 20 digits
    for name, array in arrays.items():
        start = -(-start // _ALIGNMENT) * _ALIGNMENT
        described[name]["offset"] = start
        start += array.nbytes
    text = _json({**header, "columns": described})
    folder, name = os.path.split(os.fspath(path))
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            file.write(MAGIC + len(text).to_bytes(8, "little") + text)
            for name, array in arrays.items():
                file.write(bytes(described[name]["offset"] - file.tell()))
                file.write(array.data if array.size else b"")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        error.filename = path
        raise
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def read_header(path: StrPath) -> dict[str, Any]:
    """The header of an index file.

    Raises:
        NotAnIndexError: if it is not an index file.
        OSError: if it cannot be read.
    """
    with _opened(path) as file:
        return parse_header(file.read(header_size(file.read(HEAD_BYTES), os.fspath(path))), os.fspath(path))


def header_size(head: bytes, what: str) -> int:
    """The size of the header of an index, given the first `HEAD_BYTES` bytes; NotAnIndexError if it is none."""
    size = int.from_bytes(head[8:], "little")
    if len(head) < HEAD_BYTES or head[:8] != MAGIC or size > _MAX_HEADER:
        raise NotAnIndexError(f"{what} is not an index of fastseq")
    return size


def parse_header(text: bytes, what: str) -> dict[str, Any]:
    """The header of an index, which begins after its first `HEAD_BYTES` bytes; NotAnIndexError if it is none."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnIndexError(f"{what}: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("columns"), dict):
        raise NotAnIndexError(f"{what} has no columns")
    return header


def read_columns(path: StrPath, header: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The columns of an index file, read-only. Those of a large file are mapped: replace it only by renaming another.

    Raises:
        NotAnIndexError: if they are not in the file as its header says.
        OSError: if it cannot be read.
    """
    with _opened(path) as file:
        if (size := os.fstat(file.fileno()).st_size) < _MAPPED_FROM:
            contents = np.frombuffer(file.read(size), np.uint8)
        else:
            contents = np.asarray(np.memmap(file, np.uint8, "r"))
    return {
        name: _column(contents, described, f"{path}: {name!r}", is_checked=name != CROP_ROWS)
        for name, described in header["columns"].items()
    }


def _column(contents: NDArray[np.uint8], described: Any, what: str, is_checked: bool) -> NDArray[Any]:
    try:
        dtype, shape, offset, crc32 = (described[key] for key in ("dtype", "shape", "offset", "crc32"))
        known = (
            dtype in _DTYPES and len(shape) in (1, 2) and all(isinstance(n, int) and n >= 0 for n in (*shape, offset))
        )
    except (KeyError, TypeError):
        known = False
    if not known:
        raise NotAnIndexError(f"{what} is no column")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if offset % _ALIGNMENT or max(shape) > len(contents) or offset + size > len(contents):
        raise NotAnIndexError(f"{what} is not a whole column")
    data = contents[offset : offset + size]
    if is_checked and zlib.crc32(data.data) != crc32:
        raise NotAnIndexError(f"{what} is a damaged column")
    column: NDArray[Any] = data.view(dtype).reshape(shape)
    column.setflags(write=False)
    return column


def _opened(path: StrPath) -> BinaryIO:
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for its other end
        raise NotAnIndexError(f"{os.fspath(path)} is not a regular file")
    return open(path, "rb")


def _json(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()
