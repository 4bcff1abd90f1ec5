"""Samples from a list of files."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fastseq.file_range import FileRange
from fastseq.samples.class_labels import Labels, class_names
from fastseq.samples.label_values import encode_values, path_strings
from fastseq.samples.path_table import PathTable, StrPath


def read_files(
    files: Iterable[StrPath | FileRange], labels: Any = None, classes: Iterable[object] | None = None
) -> tuple[PathTable, Labels]:
    """Do what `Samples.from_files` says."""
    if isinstance(files, str | bytes | os.PathLike):
        raise TypeError(f"files must be a list of paths, not {files!r}; for a folder use Samples.from_directory")
    ranges = _Ranges()
    table = ranges.add_to(PathTable.from_strings(path_strings(ranges.paths_of(files), "files")))
    if not len(table):
        raise ValueError("files is empty; give at least one file")
    if labels is None:
        if classes is not None:
            raise ValueError("classes without labels; give labels too, or leave out classes")
        return table, Labels()
    values = labels if hasattr(labels, "__len__") else list(labels)
    if len(values) != len(table):
        raise ValueError(f"{len(table)} files but {len(values)} labels; give one label for each file")
    return table, encode_values(values, class_names(classes) if classes is not None else None, None, "labels")


class _Ranges:
    """The ranges among some files, collected while the paths stream by."""

    def __init__(self) -> None:
        self._offsets = array("q")
        self._lengths = array("q")
        self._any = False

    def paths_of(self, files: Iterable[StrPath | FileRange]) -> Iterator[StrPath]:
        for file in files:
            is_range = isinstance(file, FileRange)
            self._any = self._any or is_range
            self._offsets.append(file.offset if is_range else 0)
            self._lengths.append(file.length if is_range else -1)
            yield file.path if is_range else file

    def add_to(self, table: PathTable) -> PathTable:
        if not self._any:
            return table
        columns = (np.frombuffer(column, np.int64) for column in (self._offsets, self._lengths))
        return replace(table, **dict(zip(("range_offsets", "range_lengths"), columns, strict=True)))
