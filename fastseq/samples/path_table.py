"""Where millions of images are, in a few arrays instead of millions of Python strings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.file_range import FileRange
from fastseq.samples.blocks import Blocks
from fastseq.samples.contents import Contents
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.name_table import gathered
from fastseq.samples.ranges import Ranges
from fastseq.samples.row_groups import RowGroups
from fastseq.urls import check_local, folder_url, is_url

CHUNK = 1 << 16
"""Rows that exist as Python objects at the same time."""


@dataclass(frozen=True, eq=False)
class PathTable:
    """An image in each row, in little memory. The arrays are read-only.

    Attributes:
        root: the folder of relative paths, in the file system's encoding; b"" for the working directory.
        blob: uint8 (bytes,), the paths one after the other in the file system's encoding, without separators.
        offsets: int64 (paths + 1,), the start of each path in `blob`, and the end of the last one.
        path_numbers: int32 (n,), the path of each row; None if row i has path i.
        ranges: where each image is in its file; None if all images are whole files.
        versions: int64 (paths, 2), of each file when images were found in it: its size in bytes, and the time of its
            last change in nanoseconds since the epoch; -1 for a size that does not matter. None if none does.
        contents: the buffers of images that are held in memory, which the first path numbers stand for: those paths
            are empty, `ranges` says where the images are in the buffers, and it packs none of them. None without any.
        blocks: what the files were cut into when images were found in them, whichever of these have rows here; their
            shards are numbers of paths. None for whole files.
        etags: of the objects that the paths are URLs of, when images were found in them; None for those whose store has
            none. None if the paths are not URLs.
        row_groups: of Parquet files, which the images are in; None for other files.
        crops: the crop index of each row; None if none has one.
        has_member_headers: whether ranges begin at the headers that members of zip archives have before their contents.
    """

    root: bytes
    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    path_numbers: NDArray[np.int32] | None = None
    ranges: Ranges | None = None
    versions: NDArray[np.int64] | None = None
    contents: Contents | None = None
    blocks: Blocks | None = None
    etags: tuple[str | None, ...] | None = None
    row_groups: RowGroups | None = None
    crops: CropIndexes | None = None
    has_member_headers: bool = False

    def __post_init__(self) -> None:
        for array in (self.blob, self.offsets, self.path_numbers, self.versions):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def from_strings(cls, strings: Iterable[str], root: StrPath | None = None) -> PathTable:
        """Store paths.

        Args:
            strings: the paths, consumed in chunks; `root` does not apply to absolute ones.
            root: the folder of relative paths; None for the working directory.

        Raises:
            ValueError: if a path contains a NUL character or is a URL; the message names its row.
        """
        rest = iter(strings)
        return cls.from_chunks(iter(lambda: list(islice(rest, CHUNK)), []), root)

    @classmethod
    def from_urls(cls, urls: Sequence[str], etags: Sequence[str | None]) -> PathTable:
        """Store the URLs of objects, and their ETags."""
        encoded = [url.encode() for url in urls]
        offsets = np.cumsum([0, *map(len, encoded)])
        return cls(b"", np.frombuffer(b"".join(encoded), np.uint8), offsets, etags=tuple(etags))

    @classmethod
    def from_chunks(cls, chunks: Iterable[Sequence[str]], root: StrPath | None = None) -> PathTable:
        """Store chunks of paths; otherwise like `from_strings`."""
        builder = PathTableBuilder(root)
        for chunk in chunks:
            builder.add(chunk)
        return builder.table()

    @classmethod
    def concatenate(cls, tables: Sequence[PathTable]) -> PathTable:
        """The rows of one table after the other; all tables have the same root, and no contents."""
        if len(tables) == 1:
            return tables[0]
        starts = np.cumsum([0, *(len(table.blob) for table in tables)])
        offsets = [table.offsets[1:] + start for table, start in zip(tables, starts[:-1], strict=True)]
        path_numbers = None
        if any(table.path_numbers is not None for table in tables):
            first = np.cumsum([0, *(len(table.offsets) - 1 for table in tables[:-1])], dtype=np.int32)
            path_numbers = np.concatenate(
                [table._path_numbers() + start for table, start in zip(tables, first, strict=True)]
            )
        versions = None
        if any(table.versions is not None for table in tables):
            versions = np.concatenate(
                [
                    np.full((len(table.offsets) - 1, 2), -1) if table.versions is None else table.versions
                    for table in tables
                ]
            )
        ranges = None
        if any(table.ranges is not None for table in tables):
            ranges = Ranges.concatenate([table.ranges or Ranges.of_whole_files(len(table)) for table in tables])
        crops = None
        if any(table.crops is not None for table in tables):
            crops = CropIndexes.concatenate([table.crops or CropIndexes.empty(len(table)) for table in tables])
        return cls(
            tables[0].root,
            np.concatenate([table.blob for table in tables]),
            np.concatenate([np.zeros(1, np.int64), *offsets]),
            path_numbers,
            ranges,
            versions,
            crops=crops,
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1 if self.path_numbers is None else len(self.path_numbers)

    def path(self, i: int) -> str:
        """The path in row `i`, 0 <= i < len(table), joined to the root; the text of its `FileRange` if it is one.

        An image in memory has a name in place of a path, such as "<dataset row 17>".

        Raises:
            IndexError: if there is no row `i`.
        """
        return str(self.source(i))

    def source(self, i: int) -> str | FileRange:
        """The path or the `FileRange` in row `i`, or the name of an image in memory.

        Raises:
            IndexError: if there is no row `i`.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"there is no row {i}: the table has {len(self)}")
        number = i if self.path_numbers is None else int(self.path_numbers[i])
        if self.contents is not None and number < len(self.contents.buffers):
            return self.contents.name(i)
        path = self.file(number)
        if self.row_groups is not None:
            return f"{path} row {self._row_in_file(i)}"
        return path if self.ranges is None else self.ranges.source(path, i)

    def file(self, number: int) -> str:
        """A path by its number, joined to the root."""
        relative = self.blob[self.offsets[number] : self.offsets[number + 1]].tobytes()
        return os.fsdecode(os.path.join(self.root, relative))

    @property
    def is_read_by_blocks(self) -> bool:
        """Whether images are not read one by one, but with the blocks that they are in."""
        return self.etags is not None or self.row_groups is not None or self.are_objects

    @property
    def are_objects(self) -> bool:
        """Whether each image is an object in a store: the root is its URL, and there are no ranges."""
        return is_url(os.fsdecode(self.root))

    def blocks_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the block that each of these rows is in, int64 (m,); of a table of objects the row itself."""
        if self.blocks is None:
            return rows
        assert self.path_numbers is not None
        assert self.ranges is not None
        return self.blocks.find(self.path_numbers[rows], self.ranges.offsets[rows])

    def name(self, i: int) -> str:
        """The path in row `i`, relative to the root."""
        number = i if self.path_numbers is None else int(self.path_numbers[i])
        return os.fsdecode(self.blob[self.offsets[number] : self.offsets[number + 1]].tobytes())

    def _row_in_file(self, i: int) -> int:
        """The number of the row of a Parquet file that row `i` of the table is."""
        assert self.row_groups is not None
        assert self.blocks is not None
        assert self.ranges is not None
        block = self.blocks.find(self._path_numbers()[i : i + 1], self.ranges.offsets[i : i + 1])[0]
        return int(self.row_groups.first_rows[block] + self.ranges.offsets[i] - self.blocks.offsets[block])

    def _path_numbers(self) -> NDArray[np.int32]:
        """`path_numbers`, also if row i has path i."""
        return np.arange(len(self), dtype=np.int32) if self.path_numbers is None else self.path_numbers

    def take(self, rows: NDArray[np.int64]) -> PathTable:
        """A new table with some of the rows (int64, in any order) and the same root."""
        ranges = None if self.ranges is None else self.ranges.take(rows)
        crops = None if self.crops is None else self.crops.take(rows)
        if self.path_numbers is not None:
            contents = None if self.contents is None else self.contents.take(rows)
            return replace(self, path_numbers=self.path_numbers[rows], ranges=ranges, contents=contents, crops=crops)
        versions = None if self.versions is None else self.versions[rows]
        parts = list(self.parts(rows))
        sizes = [np.zeros(1, np.int64), *(lengths for lengths, _ in parts)]
        blobs = [np.zeros(0, np.uint8), *(blob for _, blob in parts)]
        offsets = np.cumsum(np.concatenate(sizes))
        return PathTable(self.root, np.concatenate(blobs), offsets, None, ranges, versions, crops=crops)

    def parts(self, rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        """Iterate over the paths of some rows (int64, in any order), 65536 rows at a time.

        Yields:
            The lengths of the paths, int64 (b,), and their bytes without the root, uint8 (sum of the lengths,).
        """
        for start in range(0, len(rows), CHUNK):
            chunk: NDArray[np.integer[Any]] = rows[start : start + CHUNK]
            if self.path_numbers is not None:
                chunk = self.path_numbers[chunk]
            yield gathered(self.blob, self.offsets, chunk)

    def buffer_numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The buffer of `contents` that the image of each of these rows is in, int64 (n,); -1 if it is in a file."""
        if self.contents is None or self.path_numbers is None:
            return np.full(len(rows), -1)
        numbers = self.path_numbers[rows].astype(np.int64)
        return np.where(numbers < len(self.contents.buffers), numbers, -1)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle, of contents, those that are in use."""
        if self.contents is None or self.path_numbers is None or self.ranges is None:
            return vars(self)
        contents, ranges = self.contents.pack(self.path_numbers, self.ranges)
        fewer = len(self.contents.buffers) - 1  # empty paths at the start
        numbers = np.maximum(self.path_numbers - fewer, 0).astype(np.int32)
        versions = None if self.versions is None else self.versions[fewer:]
        packed = replace(
            self,
            offsets=self.offsets[fewer:],
            path_numbers=numbers,
            ranges=ranges,
            versions=versions,
            contents=contents,
        )
        return vars(packed)


class PathTableBuilder:
    """A path table that grows."""

    def __init__(self, root: StrPath | None = None) -> None:
        """Begin; `root` is as for `PathTable.from_strings`."""
        self._root = b"" if root is None else os.fsencode(root)
        self._is_remote = is_url(os.fsdecode(self._root))
        if self._root.lower().startswith(b"file://"):
            check_local(os.fsdecode(self._root), "root")
        if self._is_remote:
            self._root = folder_url(os.fsdecode(self._root).rstrip("/"), "root").encode()
        self._blob = bytearray()
        self._sizes = [np.zeros(1, np.int64)]
        self._rows = 0

    def add(self, chunk: Sequence[str]) -> None:
        """Add paths.

        Raises:
            ValueError: if a path contains a NUL character or is a URL; the message names its row.
        """
        text = "".join(chunk)
        if "\0" in text:
            row = next(i for i, path in enumerate(chunk) if "\0" in path)
            raise ValueError(
                f"row {self._rows + row} (counted from 0): the path {chunk[row]!r} contains a NUL character"
            )
        if "://" in text:
            for row, path in enumerate(chunk):
                check_local(path, f"row {self._rows + row} (counted from 0)")
        if self._is_remote:
            for row, path in enumerate(chunk):
                if path.startswith("/"):
                    raise ValueError(
                        f"row {self._rows + row} (counted from 0): the path {path!r} is absolute, and root is a URL; "
                        "write it relative to root"
                    )
        if text.isascii():
            self._blob += text.encode("ascii")
            lengths = map(len, chunk)
        else:
            encoded = list(map(os.fsencode, chunk))
            self._blob += b"".join(encoded)
            lengths = map(len, encoded)
        self._sizes.append(np.fromiter(lengths, np.int64, len(chunk)))
        self._rows += len(chunk)

    def table(self) -> PathTable:
        """The table; nothing can be added after that."""
        return PathTable(self._root, np.frombuffer(self._blob, np.uint8), np.cumsum(np.concatenate(self._sizes)))
