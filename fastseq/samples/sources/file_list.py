"""Samples from a list of files."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fastseq._types import StrPath
from fastseq.file_range import FileRange
from fastseq.samples.cells import path_strings
from fastseq.samples.class_labels import Labels, checked_classes
from fastseq.samples.label_values import encode_values
from fastseq.samples.path_table import PathTable


def read_files(
    files: Iterable[StrPath | FileRange], labels: Any = None, classes: Iterable[object] | None = None
) -> tuple[PathTable, Labels]:
    """Check the paths and encode the labels; see `Samples.from_files`."""
    if isinstance(files, str | bytes | os.PathLike):
        raise TypeError(f"files must be a list of paths, not {files!r}; for a folder use Samples.from_directory")
    ranges = _Ranges()
    table = ranges.add_to(PathTable.from_strings(path_strings(ranges.paths_of(files), "files")))
    if not len(table):
        raise ValueError("files is empty; pass at least one file")
    if labels is None:
        if classes is not None:
            raise ValueError("classes without labels; pass labels too, or omit classes")
        return table, Labels()
    if isinstance(labels, str):
        raise TypeError(f"labels must be a list with one label for each file, not {labels!r}")
    values = labels if hasattr(labels, "__len__") else list(labels)
    if len(values) != len(table):
        raise ValueError(f"{len(table)} files but {len(values)} labels; pass one label for each file")
    return table, encode_values(values, checked_classes(classes) if classes is not None else None, None, "labels")


class _Ranges:
    """The ranges among some files, collected while the paths stream by."""

    def __init__(self) -> None:
        self._offsets = array("q")
        self._lengths = array("q")
        self._any = False

    def paths_of(self, files: Iterable[StrPath | FileRange]) -> Iterator[StrPath]:
        for file in files:
            if isinstance(file, FileRange):
                self._any = True
                self._offsets.append(file.offset)
                self._lengths.append(file.length)
                yield file.path
            else:
                self._offsets.append(0)
                self._lengths.append(-1)
                yield file

    def add_to(self, table: PathTable) -> PathTable:
        if not self._any:
            return table
        offsets, lengths = (np.frombuffer(column, np.int64) for column in (self._offsets, self._lengths))
        return replace(table, range_offsets=offsets, range_lengths=lengths)
