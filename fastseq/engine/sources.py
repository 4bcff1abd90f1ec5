"""What the images of a batch are decoded from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.file_range import FileRange, checksum_of

Source: TypeAlias = str | os.PathLike[str] | FileRange | bytes | bytearray | memoryview | NDArray[np.uint8]


class Sources(Protocol):
    """The sources of one batch, by place in the batch."""

    def __len__(self) -> int:
        """The number of images."""

    def for_job(self) -> Any:
        """The argument `sources` of `fastseq._native.job.Job`."""

    def path(self, place: int) -> StrPath | None:
        """The path of the source at a place, the text of its `FileRange`, or its name; None if it has none."""

    def content(self, place: int) -> memoryview | None:
        """The bytes of the source at a place, if they stand where a user may pass paths; otherwise None."""


class Ranges(Protocol):
    """Where images are in their files; see `fastseq.samples.ranges.Ranges`."""

    @property
    def columns(self) -> tuple[NDArray[np.int64] | None, ...]: ...  # noqa: D102


class Contents(Protocol):
    """Images that are held in memory; see `fastseq.samples.contents.Contents`."""

    @property
    def buffers(self) -> tuple[NDArray[np.uint8], ...]: ...  # noqa: D102

    @property
    def addresses(self) -> NDArray[np.uintp]: ...  # noqa: D102

    @property
    def sizes(self) -> NDArray[np.uintp]: ...  # noqa: D102


class CropIndexes(Protocol):
    """Crop indexes of images; see `fastseq.samples.crop_indexes.CropIndexes`."""

    @property
    def blob(self) -> NDArray[np.uint8]: ...  # noqa: D102

    @property
    def begins(self) -> NDArray[np.int64]: ...  # noqa: D102

    @property
    def ends(self) -> NDArray[np.int64]: ...  # noqa: D102


class PathTable(Protocol):
    """Many paths in a few arrays; see `fastseq.samples.path_table.PathTable`."""

    @property
    def root(self) -> bytes: ...  # noqa: D102

    @property
    def blob(self) -> NDArray[np.uint8]: ...  # noqa: D102

    @property
    def offsets(self) -> NDArray[np.int64]: ...  # noqa: D102

    @property
    def path_numbers(self) -> NDArray[np.int32] | None: ...  # noqa: D102

    @property
    def ranges(self) -> Ranges | None: ...  # noqa: D102

    @property
    def versions(self) -> NDArray[np.int64] | None: ...  # noqa: D102

    @property
    def contents(self) -> Contents | None: ...  # noqa: D102

    @property
    def crops(self) -> CropIndexes | None: ...  # noqa: D102

    def path(self, row: int, /) -> str:
        """The path of a row, or the text of its `FileRange`, or the name of what is in memory."""


class TableSources:
    """Some rows of a path table."""

    def __init__(self, table: PathTable, rows: NDArray[np.int64]) -> None:
        """Take the table and the row of each image, int64 (n,)."""
        self._table = table
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def for_job(self) -> tuple[Any, ...]:
        """See `Sources`."""
        table = self._table
        ranges = None if table.ranges is None else table.ranges.columns
        versions = None if table.versions is None else table.versions.reshape(-1)
        held = table.contents
        buffers = None if held is None else (held.buffers, held.addresses, held.sizes)
        crops = None if table.crops is None else (table.crops.blob, table.crops.begins, table.crops.ends)
        return table.blob, table.offsets, table.root, self._rows, table.path_numbers, ranges, versions, buffers, crops

    def path(self, place: int) -> str:
        """See `Sources`."""
        return self._table.path(int(self._rows[place]))

    def content(self, place: int) -> None:
        """See `Sources`."""


class ListSources:
    """Paths, ranges of files, and the contents of files."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Take them; contents are not copied."""
        self._sources = sources
        self._items = [_item(source) for source in sources]

    def __len__(self) -> int:
        return len(self._sources)

    def for_job(self) -> list[Any]:
        """See `Sources`."""
        return self._items

    @property
    def sources(self) -> Sequence[Source]:
        """What it was made of."""
        return self._sources

    def path(self, place: int) -> StrPath | None:
        """See `Sources`."""
        source = self._sources[place]
        if isinstance(source, FileRange):
            return str(source)
        return source if isinstance(source, (str, os.PathLike)) else None

    def content(self, place: int) -> memoryview | None:
        """See `Sources`."""
        item = self._items[place]
        return item if isinstance(item, memoryview) else None


def as_sources(name: str, sources: Iterable[Source]) -> list[Source]:
    """The sources of a batch, checked.

    Raises:
        TypeError: if `sources` is a single file, or if one of them is not a file.
    """
    if isinstance(sources, (str, os.PathLike)):
        raise TypeError(f"{name} must be a list of files, not {sources!r}; write [{sources!r}]")
    if isinstance(sources, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be a list of files, not the bytes of one file; write [data]")
    if not isinstance(sources, Iterable):
        raise TypeError(f"{name} must be a list of files, not {type(sources).__name__}")
    items = list(sources)
    for i, source in enumerate(items):
        check_source(f"{name}[{i}]", source)
    return items


def check_source(name: str, source: object) -> None:
    """Check that a value is a path, a `FileRange` or the contents of a file.

    Raises:
        TypeError: if it is something else, such as a decoded image.
    """
    if isinstance(source, (str, os.PathLike, FileRange)):
        return
    shape = getattr(source, "shape", ())
    try:
        is_buffer = memoryview(source).c_contiguous  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):
        is_buffer = False
    if is_buffer and len(shape) < 3:
        return
    raise TypeError(
        f"{name} must be an image file, as its path or its bytes, not {arguments.kind(source)}; "
        "fastseq decodes files: do not open them with Pillow, OpenCV or NumPy first"
    )


def _item(source: Source) -> Any:
    if isinstance(source, (str, os.PathLike)):
        return (os.fsencode(source),)
    if isinstance(source, FileRange):
        inflated_size = -1 if source.inflated_size is None else source.inflated_size
        return os.fsencode(source.path), source.offset, source.length, inflated_size, checksum_of(source)
    view = memoryview(source)  # type: ignore[arg-type]
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")
