"""A path table of images in Arrow data: in their files where these are mapped, otherwise in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.contents import Contents
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import Ranges
from fastseq.samples.sources.arrow_images import ArrowImages
from fastseq.samples.sources.mapped_files import MappedFiles


def arrow_table(images: ArrowImages, arrow_rows: NDArray[np.int64], rows: NDArray[np.int64], dataset: str) -> PathTable:
    """Make the table.

    Args:
        images: those of the column.
        arrow_rows: int64 (n,), the rows of the column to use; each has bytes or a path.
        rows: int64 (n,), the rows that these are of the data set.
        dataset: its name, for those in memory.
    """
    numbers = images.numbers[arrow_rows]
    has_bytes = numbers >= 0
    places = _Places(images.buffers, np.unique(numbers[has_bytes]).tolist())
    paths = [images.paths[row] for row in arrow_rows[~has_bytes].tolist()]
    strings = [*[""] * len(places.held), *places.files, *paths]
    path_numbers = places.path_numbers[numbers]
    path_numbers[~has_bytes] = np.arange(len(strings) - len(paths), len(strings))
    offsets = np.where(has_bytes, images.offsets[arrow_rows] + places.starts[numbers], 0)
    lengths = np.where(has_bytes, images.lengths[arrow_rows], -1)
    return replace(
        PathTable.from_strings(strings),
        path_numbers=path_numbers,
        ranges=Ranges(offsets, lengths),
        versions=_versions(strings, list(places.files)),
        contents=Contents(tuple(places.held), rows, dataset) if places.held else None,
    )


def _versions(strings: Sequence[str], files: Sequence[str]) -> NDArray[np.int64]:
    """The versions of the Arrow files among the paths; those of images that are files of their own do not matter."""
    versions = np.full((len(strings), 2), -1)
    for file in files:
        status = os.stat(file)
        versions[strings.index(file)] = status.st_size, status.st_mtime_ns
    return versions


class _Places:
    """Where buffers are.

    Attributes:
        held: those in memory.
        files: the files of the others.
        path_numbers: int32, of each buffer: its number among those held and the files.
        starts: int64, of each buffer: where it begins in its file; 0 in memory.
    """

    def __init__(self, buffers: list[NDArray[np.uint8]], used: list[int]) -> None:
        mapped = MappedFiles()
        found = {number: mapped.find(buffers[number]) for number in used}
        in_memory = [number for number in used if found[number] is None]
        self.held = [buffers[number] for number in in_memory]
        self.files: dict[str, int] = {}
        self.path_numbers = np.zeros(len(buffers) + 1, np.int32)  # the last one is for rows without bytes
        self.starts = np.zeros(len(buffers) + 1, np.int64)
        self.path_numbers[in_memory] = np.arange(len(in_memory))
        for number, place in found.items():
            if place is not None:
                path, self.starts[number] = place
                file = self.files.setdefault(path, len(self.files))
                self.path_numbers[number] = len(in_memory) + file
