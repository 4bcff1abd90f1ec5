"""Stores that obstore reads: S3, Google Cloud Storage, Azure, and web servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from fastseq.status import Status
from fastseq.storage.store import ObjectInfo, StoreError, check_length, differ

SCHEMES = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss", "http", "https")

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_ENDPOINT", "GOOGLE_BASE_URL")
"""Variables of the environment that name a server in place of the cloud's."""
_STALLED_S = 10  # without a byte, after which a request is repeated
_REQUEST_S = 600
_RETRIES = 8
_RETRY_S = 120
_MODIFIED = "modified "  # begins what stands for the ETag of an object that has none
_MAX_WORDS = 300  # of an error

_first_process: dict[str, int] = {}  # "pid": of the process that has used obstore first; a fork keeps it


class ObstoreStore:
    """A folder of objects; see `Store`.

    Requests that fail, break off or stall are repeated, with pauses that double, for two minutes.
    """

    def __init__(self, folder: str) -> None:
        """Take the URL of the folder. Credentials are those of the environment.

        Raises:
            ImportError: if obstore is not installed.
            StoreError: if there cannot be such a store.
        """
        try:
            from obstore.store import from_url
        except ImportError as error:
            raise ImportError(
                f"{folder} is read by obstore, which is not installed: pip install 'fastseq-loader[remote]' (on "
                "Python 3.11 or later)"
            ) from error
        self._folder = folder
        client: Any = {"read_timeout": f"{_STALLED_S}s", "timeout": f"{_REQUEST_S}s"}
        if folder.startswith("http://") or any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS):
            client["allow_http"] = True
        backoff: Any = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=15), "base": 2}
        retries: Any = {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S), "backoff": backoff}
        with self._translated(""):
            self._store = from_url(folder, client_options=client, retry_config=retries)

    def read(self, name: str, offset: int, length: int, known: ObjectInfo) -> memoryview:
        """See `Store`."""
        options: Any = {"range": (offset, offset + length)}
        if known.etag is not None and not known.etag.startswith((_MODIFIED, "W/")):  # a weak one never matches
            options["if_match"] = known.etag
        with self._translated(name) as obstore:
            result = obstore.get(self._store, name, options=options)
            if differ(known, _info(result.meta)):  # a server may ignore If-Match
                raise StoreError(self._url(name), Status.CHANGED)
            data = memoryview(result.bytes())
        return check_length(self._url(name), data, offset, length)

    def read_all(self, name: str, max_bytes: int) -> memoryview:
        """See `Store`."""
        with self._translated(name) as obstore:
            result = obstore.get(self._store, name)
            if result.meta["size"] > max_bytes:
                raise StoreError(self._url(name), Status.FILE_TOO_LARGE)
            return memoryview(result.bytes())

    def info(self, name: str) -> ObjectInfo:
        """See `Store`."""
        with self._translated(name) as obstore:
            return _info(obstore.head(self._store, name))

    def names(self) -> dict[str, ObjectInfo]:
        """See `Store`."""
        self._check_lists()
        with self._translated("") as obstore:
            return {meta["path"]: _info(meta) for meta in obstore.list_with_delimiter(self._store)["objects"]}

    def walk(self) -> Iterator[str]:
        """See `Store`."""
        self._check_lists()
        with self._translated("") as obstore:
            for chunk in obstore.list(self._store):
                yield from (meta["path"] for meta in chunk)

    def _check_lists(self) -> None:
        if type(self._store).__name__ == "HTTPStore":
            raise StoreError(self._folder, Status.UNSUPPORTED_FORMAT, "web servers do not list their files")

    def download(self, name: str, file: BinaryIO) -> ObjectInfo:
        """See `Store`."""
        with self._translated(name) as obstore:
            result = obstore.get(self._store, name)
            info = _info(result.meta)
            for chunk in result.stream(min_chunk_size=1 << 20):
                file.write(memoryview(chunk))
            return info

    def upload(self, name: str, file: Path) -> None:
        """See `Store`."""
        with self._translated(name) as obstore:
            obstore.put(self._store, name, file)

    def delete(self, name: str) -> None:
        """See `Store`."""
        with self._translated(name) as obstore, suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def _url(self, name: str) -> str:
        return f"{self._folder}/{name}" if name else self._folder

    @contextmanager
    def _translated(self, name: str) -> Iterator[Any]:
        """The module, whose errors become `StoreError`s."""
        import obstore
        from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError

        if _first_process.setdefault("pid", os.getpid()) != os.getpid():
            raise StoreError(
                self._url(name),
                Status.READ_ERROR,
                "this process was forked from one that reads from object stores, and its copies of the connections "
                'do not work: start it by multiprocessing.get_context("spawn")',
            )
        try:
            yield obstore
        except FileNotFoundError as error:
            raise StoreError(self._url(name), Status.NOT_FOUND) from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise StoreError(self._url(name), Status.PERMISSION_DENIED, _words(error)) from error
        except PreconditionError as error:
            raise StoreError(self._url(name), Status.CHANGED) from error
        except (BaseError, OSError) as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(self._url(name), Status.READ_ERROR, _words(error)) from error


def _info(meta: Any) -> ObjectInfo:
    modified = meta["last_modified"]
    return ObjectInfo(meta["size"], meta["e_tag"] or (f"{_MODIFIED}{modified.isoformat()}" if modified else None))


def _words(error: BaseException) -> str:
    """What obstore says, without the source of the error in Rust."""
    words = " ".join(str(error).split("\n\nDebug source:")[0].split())
    return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}..."
