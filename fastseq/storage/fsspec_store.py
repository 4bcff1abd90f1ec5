"""Stores of schemes that fsspec knows: hf, hdfs, sftp, memory and others."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from fastseq.status import Status
from fastseq.storage.store import ObjectInfo, StoreError, check_length, differ

_ETAGS = ("ETag", "etag")
_VERSIONS = (*_ETAGS, "checksum", "md5Hash", "sha256", "mtime", "modified", "created", "LastModified")


class FsspecStore:
    """A folder of objects; see `Store`. How failed requests are repeated is up to the file system of the scheme."""

    def __init__(self, folder: str) -> None:
        """Take the URL of the folder. Credentials are those that fsspec is configured with.

        Raises:
            ImportError: if fsspec, or what it needs for this scheme, is not installed.
            StoreError: if there cannot be such a store.
        """
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise ImportError(
                f'{folder} is read by fsspec, which is not installed: pip install "fastseq-loader[remote]"'
            ) from error
        self._folder = folder
        with self._translated(""):
            self._system, self._root = url_to_fs(folder)

    def read(self, name: str, offset: int, length: int, known: ObjectInfo) -> memoryview:
        """See `Store`; what is known is compared before the data is read."""
        if differ(known, self.info(name)):
            raise StoreError(self._url(name), Status.CHANGED)
        with self._translated(name):
            data = memoryview(self._system.cat_file(self._path(name), offset, offset + length))
        return check_length(self._url(name), data, offset, length)

    def read_all(self, name: str, max_bytes: int) -> memoryview:
        """See `Store`."""
        if self.info(name).size > max_bytes:
            raise StoreError(self._url(name), Status.FILE_TOO_LARGE)
        with self._translated(name):
            return memoryview(self._system.cat_file(self._path(name)))

    def info(self, name: str) -> ObjectInfo:
        """See `Store`."""
        with self._translated(name):
            self._system.invalidate_cache(self._path(name))  # of listings
            return _info(self._system.info(self._path(name)))

    def names(self) -> dict[str, ObjectInfo]:
        """See `Store`."""
        with self._translated(""):
            found = self._system.ls(self._root, detail=True)
        # What else tells versions apart may be in a listing and not in the information on an object, or vice versa.
        return {info["name"].rpartition("/")[2]: _info(info, _ETAGS) for info in found if info["type"] == "file"}

    def walk(self) -> Iterator[str]:
        """See `Store`."""
        with self._translated(""):
            for path in self._system.find(self._root):
                yield path.removeprefix(self._root).lstrip("/")

    def download(self, name: str, file: BinaryIO) -> ObjectInfo:
        """See `Store`."""
        info = self.info(name)
        with self._translated(name), self._system.open(self._path(name), "rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)
        return info

    def upload(self, name: str, file: Path) -> None:
        """See `Store`."""
        with self._translated(name):
            self._system.put_file(str(file), self._path(name))

    def delete(self, name: str) -> None:
        """See `Store`."""
        with self._translated(name), suppress(FileNotFoundError):
            self._system.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _url(self, name: str) -> str:
        return f"{self._folder}/{name}" if name else self._folder

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        """Turn errors into `StoreError`s; file systems may raise anything."""
        try:
            yield
        except (StoreError, ImportError, MemoryError):
            raise
        except FileNotFoundError as error:
            raise StoreError(self._url(name), Status.NOT_FOUND) from error
        except PermissionError as error:
            raise StoreError(self._url(name), Status.PERMISSION_DENIED, str(error)) from error
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            raise StoreError(self._url(name), Status.READ_ERROR, words) from error


def _info(found: dict[str, Any], keys: Iterable[str] = _VERSIONS) -> ObjectInfo:
    etag = next((str(found[key]) for key in keys if found.get(key) is not None), None)
    return ObjectInfo(int(found["size"]), etag)
