"""Blocks of remote objects on a local disk, shared by the processes of a host.

An object has two files: `KEY.data`, in which each block lies where it does in the object, and `KEY.map`, with a record
for each block: its offset, its length, and the XXH3 of its bytes and of the record. A record is written after its
block, so that a process may be killed at any time: what is not whole counts as absent. Records are locked while a block
is fetched, so that other processes wait for it instead of fetching it too.

Blocks are kept until the folder is full, and then others are not stored. In epochs that read everything once, this
serves as many as any cache of its size can; one that drops what was used longest ago would serve almost none.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastseq.storage.cache_folder import CacheFolder, opened
from fastseq.storage.local_file import read_all

_RECORD = struct.Struct("<QQQQ")  # offset, length, hash of the block, hash of the first three
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of 64-bit Linux: type, whence, start, length, process
_FOLDER = "fastseq-blocks"
_LOCK_TIMEOUT_S = 10.0
_LOCK_POLL_S = 0.01


def object_key(url: str, etag: str) -> str:
    """The name of the files of a version of an object."""
    return hashlib.blake2b(f"{url}\n{etag}".encode(), digest_size=16).hexdigest()


class BlockCache:
    """A folder of blocks. Safe to use from several threads and processes; its methods may block.

    A disk that is full or fails only costs speed: blocks are fetched as without a cache.

    Attributes:
        failure: why a block could not be stored, once that has happened; "" otherwise.
    """

    def __init__(self, folder: str, max_bytes: int | None, keys: Collection[str], set_bytes: int) -> None:
        """Open the folder, or create it.

        If no other process uses it, files of other sets that were not used for a day are deleted where this one needs
        their room, those first that were used longest ago.

        Args:
            folder: where the folder of blocks is, or will be.
            max_bytes: bound on the size of all blocks in it; None for what it has, and half of what is free.
            keys: of the objects of this set.
            set_bytes: the size of the set.

        Raises:
            ImportError: if xxhash is not installed.
            OSError: if there cannot be such a folder.
        """
        try:
            from xxhash import xxh3_64_intdigest
        except ImportError as error:
            raise ImportError('cache= needs xxhash: pip install "fastseq-loader[remote]"') from error
        self._hash = xxh3_64_intdigest
        self._shared = CacheFolder(Path(folder, _FOLDER), max_bytes, keys, set_bytes)
        self._folder = self._shared.path
        self.failure = ""

    def get(self, key: str, cell: int, offset: int, length: int, fetch: Callable[[], memoryview]) -> memoryview:
        """A block; fetched and stored if it is not there.

        Args:
            key: of the object.
            cell: the number of the record; no two blocks that a set has of an object have the same.
            offset: of the block in the object, bytes.
            length: of the block, bytes.
            fetch: fetches it.

        Raises:
            Exception: what `fetch` raises.
        """
        found = self._read(key, cell, offset, length)
        if found is not None:
            return found
        with self._locked(key, cell) as map_file:
            found = self._read(key, cell, offset, length)  # by another process meanwhile
            if found is not None:
                return found
            data = fetch()
            if map_file is not None:
                self._write(map_file, key, cell, offset, data)
            return data

    def _read(self, key: str, cell: int, offset: int, length: int) -> memoryview | None:
        try:
            with opened(self._folder / f"{key}.map", os.O_RDONLY) as map_file:
                record = os.pread(map_file, _RECORD.size, cell * _RECORD.size)
            if len(record) < _RECORD.size:
                return None
            *place, block_hash, record_hash = _RECORD.unpack(record)
            if place != [offset, length] or record_hash != self._hash(record[:24]):
                return None
            with opened(self._folder / f"{key}.data", os.O_RDONLY) as data_file:
                data = read_all(data_file, offset, length)
        except OSError:
            return None
        return data if data.nbytes == length and self._hash(data) == block_hash else None

    def _write(self, map_file: int, key: str, cell: int, offset: int, data: memoryview) -> None:
        try:
            if not self._shared.reserve(data.nbytes):
                return
            with opened(self._folder / f"{key}.data", os.O_WRONLY | os.O_CREAT) as data_file:
                _write_all(data_file, data, offset)
            start = struct.pack("<QQQ", offset, data.nbytes, self._hash(data))
            _write_all(map_file, memoryview(start + struct.pack("<Q", self._hash(start))), cell * _RECORD.size)
        except OSError as error:
            self.failure = str(error)

    @contextmanager
    def _locked(self, key: str, cell: int) -> Iterator[int | None]:
        """The file of records, with one of them locked; None if that cannot be had. The lock ends with the process."""
        try:
            # Another descriptor each time: the locks are those of open files, and threads exclude each other too.
            file = os.open(self._folder / f"{key}.map", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield None
            return
        try:
            wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, cell * _RECORD.size, _RECORD.size, 0)
            yield file if _lock(file, wanted) else None
        finally:
            os.close(file)


def _lock(file: int, wanted: bytes) -> bool:
    """Lock a part of a file; False if another process has it for long, because it is stopped for example."""
    end = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, wanted)
            return True
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):  # a file system without locks
                return True
            if time.monotonic() >= end:
                return False
        time.sleep(_LOCK_POLL_S)


def _write_all(file: int, data: memoryview, offset: int) -> None:
    done = 0
    while done < data.nbytes:
        done += os.pwrite(file, data[done:], offset + done)
