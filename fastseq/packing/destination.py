"""Where a pack is written to: a folder, or a folder of a store."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.stores import folder_store
from fastseq.urls import folder_url, is_url

_TEMPORARY = ".fastseq-"


class Destination(Protocol):
    """A folder in which files appear as a whole. Its methods raise OSError; it can be pickled."""

    def names(self) -> set[str]:
        """Of the files that are there."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what is not whole yet; it goes with its contents."""

    def publish(self, file: Path, name: str) -> None:
        """Give a file in such a folder its name here."""

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """A file that is there, as one that can be read."""

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""

    def clean(self) -> None:
        """Delete what processes that were killed have left."""

    def __str__(self) -> str:
        """Its path or URL."""


class Folder:
    """A folder of this machine, or one that all machines see."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)

    def __str__(self) -> str:
        return str(self._path)

    def names(self) -> set[str]:
        """See `Destination`."""
        return {entry.name for entry in os.scandir(self._path) if not entry.name.startswith(_TEMPORARY)}

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """See `Destination`."""
        path = self._path / f"{_TEMPORARY}{secrets.token_hex(8)}"
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def publish(self, file: Path, name: str) -> None:
        """See `Destination`."""
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
        os.replace(file, self._path / name)

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """See `Destination`."""
        yield self._path / name

    def delete(self, name: str) -> None:
        """See `Destination`."""
        (self._path / name).unlink(missing_ok=True)

    def clean(self) -> None:
        """See `Destination`."""
        for left in self._path.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(left, ignore_errors=True)


class StoreFolder:
    """A folder of a store."""

    def __init__(self, url: str) -> None:
        self._url = folder_url(url.rstrip("/"), "the destination")

    def __str__(self) -> str:
        return self._url

    def names(self) -> set[str]:
        """See `Destination`."""
        try:
            return set(folder_store(self._url).names())
        except StoreError as error:
            if error.status == Status.NOT_FOUND:  # a store of folders, in which there is no such one yet
                return set()
            raise

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """See `Destination`."""
        with tempfile.TemporaryDirectory(prefix="fastseq-") as path:
            yield Path(path)

    def publish(self, file: Path, name: str) -> None:
        """See `Destination`."""
        folder_store(self._url).upload(name, file)

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """See `Destination`."""
        with self.scratch() as folder:
            with open(folder / "file", "wb") as copy:
                folder_store(self._url).download(name, copy)
            yield folder / "file"

    def delete(self, name: str) -> None:
        """See `Destination`."""
        with suppress(FileNotFoundError):
            folder_store(self._url).delete(name)

    def clean(self) -> None:
        """See `Destination`."""


def destination(path: str) -> Destination:
    """The destination at a path or a URL."""
    return StoreFolder(path) if is_url(path) else Folder(path)
