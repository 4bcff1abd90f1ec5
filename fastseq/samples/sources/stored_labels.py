"""Labels in shards in a store, whose places are known: read by few requests, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastseq.samples.index.index_file import NotAnIndexError
from fastseq.samples.sources.label_text import label_text
from fastseq.storage.store import ObjectInfo
from fastseq.storage.stores import store_of

_GAP = 64 << 10  # bytes that are read to save a request
_MAX_REQUESTS = 4096
_MAX_BYTES = 64 << 20


@dataclass
class Request:
    """A part of a shard.

    Attributes:
        path: of the shard.
        info: what is known of it.
        begin: of the part, bytes.
        end: of the part, bytes.
        labels: where each label begins and ends in the shard, and its name in messages.
    """

    path: str
    info: ObjectInfo
    begin: int
    end: int
    labels: list[tuple[int, int, str]] = field(default_factory=list)


class StoredLabels:
    """The labels of some samples; `requests` are what reads them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._bytes = 0

    def add(self, path: str, info: ObjectInfo, offset: int, length: int, name: str) -> None:
        """Add the next label: where it is in the shard at `path`.

        Raises:
            NotAnIndexError: if reading all of them costs too much.
        """
        end = offset + length
        last = self.requests[-1] if self.requests else None
        if last is None or last.path != path or not 0 <= offset - last.end <= _GAP:
            last = Request(path, info, offset, offset)
            self.requests.append(last)
        self._bytes += end - last.end
        last.end = end
        last.labels.append((offset, end, name))
        if len(self.requests) > _MAX_REQUESTS or self._bytes > _MAX_BYTES:
            raise NotAnIndexError(
                "the indexes of DALI beside the shards say where the labels are, but reading them would take more than "
                f"{_MAX_REQUESTS:,} requests or {_MAX_BYTES >> 20} MiB"
            )


def read_labels(request: Request) -> list[str]:
    """The labels that a request reads. ValueError if one is not text; `StoreError` if they cannot be read."""
    store, name = store_of(request.path)
    size = request.end - request.begin
    data = store.read(name, request.begin, size, request.info) if size else memoryview(b"")
    return [
        label_text(bytes(data[begin - request.begin : end - request.begin]), label)
        for begin, end, label in request.labels
    ]
