"""Why a shard cannot be read."""

from __future__ import annotations

import errno
import os
import stat

from fastseq._native.shards import ShardReader
from fastseq.status import Status, describe

_ERRNO = {
    Status.NOT_FOUND: errno.ENOENT,
    Status.PERMISSION_DENIED: errno.EACCES,
    Status.READ_ERROR: errno.EIO,
}
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x78\x01": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}
_ZIP = (b"PK\3\4", b"PK\5\6")

TAR_ARCHIVE, TFRECORD_FILE, ZIP_ARCHIVE = "a tar archive", "a file of TFRecords", "a zip archive"
PARQUET_FILE = "a Parquet file"


def check_is_file(path: str) -> None:
    """Raise the system's error if there is no such shard, or if it is a folder."""
    if stat.S_ISDIR(os.stat(path).st_mode):
        raise IsADirectoryError(errno.EISDIR, "A folder, not a shard; name the files in it, as in folder/*", path)


def check_open(path: str, reader: ShardReader) -> None:
    """Raise the system's error if the shard could not be opened."""
    if reader.status in _ERRNO:
        raise OSError(_ERRNO[Status(reader.status)], reader.reason or describe(reader.status), path)


def check_kind(path: str, reader: ShardReader, kind: str) -> None:
    """Check that a shard, in which nothing was found, is not a file of another kind.

    Raises:
        ValueError: if it is compressed, or a zip archive that should be something else.
    """
    head = reader.contents(0, min(8, max(reader.version[0], 0)), 8) or b""
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            raise ValueError(
                f"{path} is compressed by {name}, so that images in it cannot be read one by one; store it without "
                "compression: JPEGs hardly shrink"
            )
    if head.startswith(_ZIP) and kind != ZIP_ARCHIVE:
        raise ValueError(f"{path} is a zip archive; use Samples.from_zip")


def unreadable(path: str, reader: ShardReader, kind: str) -> OSError | ValueError:
    """The error for a shard that cannot be read on.

    Args:
        path: of the shard.
        reader: of the shard, with its status.
        kind: what it should be, such as `TAR_ARCHIVE`.

    Raises:
        ValueError: see `check_kind`.
    """
    status, reason = Status(reader.status), reader.reason or describe(reader.status)
    if status in _ERRNO:
        return OSError(_ERRNO[status], reason, path)
    check_kind(path, reader, kind)
    return ValueError(f"{path} cannot be read as {kind}: {reason}")
