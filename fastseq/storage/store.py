"""What a store of objects can do, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from fastseq.status import Status, describe


@dataclass(frozen=True)
class ObjectInfo:
    """What is known of an object without reading it.

    Attributes:
        size: in bytes.
        etag: what changes whenever the object does: its ETag as the store quotes it, or the time of its last change;
            None if the store tells neither.
    """

    size: int
    etag: str | None


class StoreError(OSError):
    """A store did not do what it was asked for.

    Attributes:
        url: of the object.
        status: what went wrong.
        detail: the store's own words, or what was being read.
    """

    def __init__(self, url: str, status: Status, detail: str = "") -> None:
        super().__init__(detail)
        self.url = url
        self.status = status
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        return StoreError, (self.url, self.status, self.detail)

    def __str__(self) -> str:
        return f"{self.url}: {describe(self.status, self.detail)}"


class Store(Protocol):
    """A folder of objects. Every method may block, is safe to call from several threads, and raises `StoreError`."""

    def read(self, name: str, offset: int, length: int, known: ObjectInfo) -> memoryview:
        """Read a part of an object.

        Args:
            name: of the object, relative to the folder.
            offset: in bytes.
            length: in bytes, at least 1.
            known: what was known of it before; if it is not as it was, the status is CHANGED.
        """

    def read_all(self, name: str, max_bytes: int) -> memoryview:
        """Read a whole object; the status is FILE_TOO_LARGE if it is larger than `max_bytes`."""

    def info(self, name: str) -> ObjectInfo:
        """What is known of an object."""

    def names(self) -> dict[str, ObjectInfo]:
        """The objects in the folder, without those in its folders; UNSUPPORTED_FORMAT if they cannot be listed."""

    def walk(self) -> Iterator[str]:
        """Iterate over the names of the objects in the folder and in those below it; otherwise like `names`."""

    def download(self, name: str, file: BinaryIO) -> ObjectInfo:
        """Write a whole object to a file."""

    def upload(self, name: str, file: Path) -> None:
        """Write a file as an object, in place of one that is there."""

    def delete(self, name: str) -> None:
        """Delete an object; one that is not there is no error."""


def differ(known: ObjectInfo, now: ObjectInfo) -> bool:
    """Whether an object has changed. ETags may come with quotes or without."""
    etag, other = known.etag, now.etag
    return known.size != now.size or (etag is not None and (other is None or etag.strip('"') != other.strip('"')))


def check_length(url: str, data: memoryview, offset: int, length: int) -> memoryview:
    """Return the data, or raise `StoreError` if there are fewer bytes than were asked for."""
    if data.nbytes == length:
        return data
    raise StoreError(url, Status.TRUNCATED, f"of {length} bytes from {offset} on there are {data.nbytes}")
