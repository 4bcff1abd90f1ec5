"""Crop indexes of the images in a folder, which `fastseq index` keeps there, or in the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.shards import ShardReader
from fastseq.executors import Executor, results_of
from fastseq.executors.threads import one_by_one
from fastseq.limits import Limits
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.index.index_file import (
    CROP_ROWS,
    SUFFIX,
    NotAnIndexError,
    read_columns,
    read_header,
    write_index,
)
from fastseq.samples.index.kept_index import cache_folder, hashed
from fastseq.samples.name_table import NameTable, are_offsets
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.folder_walk import DiskFolders, FolderWalk

_FORMAT = 1
_SOURCE = "folder"
_DTYPES = {"names": "|u1", "name_offsets": "<i8", "versions": "<i8", CROP_ROWS: "|u1", "crop_offsets": "<i8"}
_FILES = 256  # in a task


@dataclass(frozen=True, eq=False)
class FolderIndex:
    """The crop indexes of files below a folder.

    Attributes:
        names: of the files, relative to the folder.
        versions: int64 (n, 2), the size of each and the time of its last change, in nanoseconds.
        crops: of each file.
    """

    names: NameTable
    versions: NDArray[np.int64]
    crops: CropIndexes

    def of_table(self, table: PathTable) -> CropIndexes | None:
        """The crop indexes of the files in a table whose root is the folder; None if there are none."""
        if np.array_equal(table.offsets, self.names.offsets) and np.array_equal(table.blob, self.names.blob):
            return self.crops
        places = {name: place for place, name in enumerate(_texts(self.names.blob, self.names.offsets))}
        rows = np.fromiter(
            (places.get(name, -1) for name in _texts(table.blob, table.offsets)), np.int64, len(table.offsets) - 1
        )
        if not (rows >= 0).any():
            return None
        taken = self.crops.take(np.maximum(rows, 0))
        return CropIndexes(taken.blob, taken.begins, np.where(rows >= 0, taken.ends, taken.begins))


def make_folder_index(
    folder: str,
    executor: Executor | None,
    begin: Callable[[int], None] = lambda files: None,
    advance: Callable[[], None] = lambda: None,
) -> FolderIndex:
    """Make the index of the images in the class folders of a folder; files that cannot be read have none.

    Files that have not changed since the folder was last indexed are not read again.

    Args:
        folder: the folder.
        executor: runs the tasks; for None one at a time, in this process.
        begin: is called with the number of tasks.
        advance: is called after each.

    Raises:
        OSError: if a folder cannot be read.
        ValueError: if there are no images.
    """
    walk = FolderWalk(DiskFolders(folder), None)
    files = [name for place in walk.class_folders() for names in walk.images(place) for name in names]
    if not files:
        raise ValueError(f"{folder} has no class folders with images; index the shards of other sets")
    old = find_folder_index(folder)
    known = {} if old is None else {old.names.name(i): (i, *old.versions[i].tolist()) for i in range(len(old.names))}
    parts = [files[start : start + _FILES] for start in range(0, len(files), _FILES)]
    tasks = [partial(_index_files, folder, part, [known.get(name) for name in part]) for part in parts]
    begin(len(tasks))
    versions, crops = [], []
    found = [each for part in results_of(tasks, executor or one_by_one, advance) for each in part]
    for version, crop in found:
        versions.append(version)
        crops.append(crop if old is None or isinstance(crop, bytes) else old.crops.of(crop).tobytes())
    sizes = np.fromiter(map(len, crops), np.int64, len(crops))
    blob = np.frombuffer(b"".join(crops), np.uint8)
    return FolderIndex(NameTable.of(files), np.array(versions, np.int64), CropIndexes.of_sizes(blob, sizes))


def check_no_other_index(folder: str) -> None:
    """ValueError if the index of a folder would replace that of shards in it."""
    file = next(_places(folder))
    try:
        source = read_header(file).get("source")
    except (OSError, NotAnIndexError):
        return
    if source != _SOURCE:
        raise ValueError(f"{file} is an index of shards: pass --force to replace it")


def keep_folder_index(index: FolderIndex, folder: str) -> Path:
    """Write an index into its folder, or if that is not allowed into the user's cache folder; return where it is.

    Raises:
        OSError: if it can be written to neither.
    """
    columns: dict[str, NDArray[Any]] = {
        "names": index.names.blob,
        "name_offsets": index.names.offsets,
        "versions": index.versions,
        CROP_ROWS: index.crops.blob,
        "crop_offsets": index.crops.offsets,
    }
    first: OSError | None = None
    for file in _places(folder):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_index(file, {"format": _FORMAT, "source": _SOURCE}, columns)
            return file
        except OSError as error:
            first = first or error
    assert first is not None
    raise first


def find_folder_index(folder: str) -> FolderIndex | None:
    """The index that was kept of a folder; None if there is none, or if it cannot be read."""
    for file in _places(folder):
        try:
            return _read(file)
        except (OSError, NotAnIndexError):
            continue
    return None


def _places(folder: str) -> Iterator[Path]:
    yield Path(folder, f"index{SUFFIX}")
    yield from (cache / (hashed(f"{_SOURCE} {os.path.abspath(folder)}") + SUFFIX) for cache in cache_folder())


def _read(file: Path) -> FolderIndex:
    header = read_header(file)
    if (header.get("format"), header.get("source")) != (_FORMAT, _SOURCE):
        raise NotAnIndexError(f"{file} is not the index of a folder")
    columns = read_columns(file, header)
    if {name: column.dtype.str for name, column in columns.items()} != _DTYPES:
        raise NotAnIndexError(f"{file} does not have the columns of a folder's index")
    names = NameTable(columns["names"], columns["name_offsets"])
    offsets, versions = columns["crop_offsets"], columns["versions"]
    sound = (
        versions.shape == (len(names), 2)
        and offsets.shape == names.offsets.shape
        and are_offsets(names.offsets, names.blob)
        and are_offsets(offsets, columns[CROP_ROWS])
    )
    if not sound:
        raise NotAnIndexError(f"{file} has columns that do not fit together")
    return FolderIndex(names, versions, CropIndexes.of_offsets(columns[CROP_ROWS], offsets))


def _texts(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Iterator[bytes]:
    text = blob.tobytes()
    return (text[begin:end] for begin, end in pairwise(offsets.tolist()))


def _index_files(
    folder: str, names: Sequence[str], known: Sequence[tuple[int, int, int] | None]
) -> list[tuple[tuple[int, int], bytes | int]]:
    """The version of each file, and its crop index, or the place of that in the index before."""
    found: list[tuple[tuple[int, int], bytes | int]] = []
    max_bytes = Limits().file_bytes
    for name, before in zip(names, known, strict=True):
        reader = ShardReader(os.fsencode(os.path.join(folder, name)))
        version = reader.version
        if before is not None and before[1:] == version:
            found.append((version, before[0]))
            continue
        start, size = np.zeros(1, np.int64), np.array([version[0]], np.int64)
        found.append((version, reader.crop_indexes(start, size, max_bytes)[0]))
    return found
