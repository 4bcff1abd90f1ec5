"""A folder on a local disk that the processes of a host share, with two files for each key: `KEY.data`, `KEY.map`.

It has two more: `used`, the number of bytes that all `KEY.data` take, and `users`, locked by those that use the folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNUSED_NS = 24 * 3600 * 10**9


class CacheFolder:
    """Open while this object lives.

    Attributes:
        path: of the folder.
        max_bytes: bound on the size of all `KEY.data`.
    """

    def __init__(self, path: Path, max_bytes: int | None, keys: Collection[str], set_bytes: int | None) -> None:
        """Open the folder, or create it.

        If no other process uses it, files of other keys that were not used for a day are deleted where these need their
        room, those first that were used longest ago.

        Args:
            path: of the folder.
            max_bytes: bound on the size of all files in it; None for what it has, and half of what is free.
            keys: of those files that are about to be used.
            set_bytes: the size that they will have; None if they may need all of the room.

        Raises:
            OSError: if there cannot be such a folder.
        """
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._users = os.open(path / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except OSError:  # others use it
            is_alone = False
        if is_alone:
            self._count()
        self.max_bytes = self._used() + shutil.disk_usage(path).free // 2 if max_bytes is None else max_bytes
        if is_alone:
            wanted = self.max_bytes if set_bytes is None else min(set_bytes, self.max_bytes)
            self._make_room(set(keys), wanted)
        fcntl.flock(self._users, fcntl.LOCK_SH)
        for key in keys:
            with suppress(OSError):
                os.utime(path / f"{key}.data")

    def __del__(self) -> None:
        if hasattr(self, "_users"):
            os.close(self._users)

    def reserve(self, size: int) -> bool:
        """Count what is about to be stored, if there is room."""
        with opened(self.path / "used", os.O_RDWR | os.O_CREAT) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            used = int.from_bytes(os.pread(file, 8, 0), "little")
            if used + size > self.max_bytes:
                return False
            os.pwrite(file, (used + size).to_bytes(8, "little"), 0)
            return True

    def _used(self) -> int:
        with opened(self.path / "used", os.O_RDWR | os.O_CREAT) as file:
            return int.from_bytes(os.pread(file, 8, 0), "little")

    def _count(self) -> None:
        """Count what there is: a process that was killed may have counted what it did not store."""
        with opened(self.path / "used", os.O_RDWR | os.O_CREAT) as counter:
            os.pwrite(counter, sum(map(_size, self.path.glob("*.data"))).to_bytes(8, "little"), 0)

    def _make_room(self, own: set[str], wanted: int) -> None:
        """Delete other keys' files until `wanted` bytes are there for ours."""
        files = sorted(self.path.glob("*.data"), key=lambda file: file.stat().st_mtime_ns)
        others = {file: _size(file) for file in files if file.stem not in own}
        over = before = sum(others.values()) + wanted - self.max_bytes
        for file, size in others.items():
            if over <= 0 or file.stat().st_mtime_ns > time.time_ns() - _UNUSED_NS:
                break
            file.with_suffix(".map").unlink(missing_ok=True)
            file.unlink()
            over -= size
        if over < before:
            self._count()


def _size(file: Path) -> int:
    return 512 * file.stat().st_blocks


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """A descriptor of a file, closed at the end."""
    file = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
