"""Samples from a list of files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.arguments import check_ordered, shown, type_name
from fastseq.file_range import FileRange, checksum_of
from fastseq.samples.cells import path_strings
from fastseq.samples.class_labels import Labels, checked_classes
from fastseq.samples.column_values import column_values
from fastseq.samples.inputs import Inputs
from fastseq.samples.label_values import encode_values
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.table_inputs import check_names

Files: TypeAlias = Iterable[StrPath | FileRange]


def read_files(
    files: Files | Mapping[str, Files],
    labels: Any = None,
    classes: Iterable[object] | None = None,
    columns: Mapping[str, Any] | None = None,
) -> tuple[PathTable, Labels, Inputs]:
    """Check the paths, encode the labels and read the columns; see `Samples.from_files`."""
    if isinstance(files, Mapping):
        check_names("files", files)
        tables = {name: _table(of_image, f"files[{name!r}]") for name, of_image in files.items()}
    else:
        tables = {"image": _table(files, "files")}
    if not tables or not all(map(len, tables.values())):
        raise ValueError("files is empty; pass at least one file")
    (first, table), *others = tables.items()
    for name, other in others:
        if len(other) != len(table):
            raise ValueError(
                f"files[{first!r}] has {len(table)} files but files[{name!r}] {len(other)}; pass one of each for each "
                "sample"
            )
    encoded = _labels(labels, classes, len(table))
    inputs = Inputs()
    if isinstance(files, Mapping) or columns is not None:
        inputs = Inputs.in_blocks(tables, _columns(columns, len(table)), len(table))
    return PathTable.concatenate(list(tables.values())), encoded, inputs


def _table(files: Files, what: str) -> PathTable:
    if isinstance(files, str | bytes | os.PathLike):
        raise TypeError(f"{what} must be a list of paths, not {files!r}; for a folder use Samples.from_directory")
    if hasattr(files, "columns"):
        raise TypeError(f"{what} must be a list of paths, not a {type_name(files)}; use Samples.from_dataframe")
    check_ordered(what, files)
    ranges = _Ranges()
    return ranges.add_to(PathTable.from_strings(path_strings(ranges.paths_of(files), what)))


def _labels(labels: Any, classes: Iterable[object] | None, samples: int) -> Labels:
    if labels is None:
        if classes is not None:
            raise ValueError("classes without labels; pass labels too, or omit classes")
        return Labels()
    if isinstance(labels, str):
        raise TypeError(f"labels must be a list with one label for each file, not {labels!r}")
    values = labels if hasattr(labels, "__len__") else list(labels)
    if len(values) != samples:
        raise ValueError(f"{samples} files but {len(values)} labels; pass one label for each file")
    return encode_values(values, checked_classes(classes) if classes is not None else None, None, "labels")


def _columns(columns: Mapping[str, Any] | None, samples: int) -> dict[str, NDArray[Any]]:
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        advice = "; for a data frame write dict(df)" if hasattr(columns, "columns") else f", not {shown(columns)}"
        raise TypeError(f"columns must be a dict of values by name{advice}")
    if not columns:
        raise ValueError("columns is empty; pass the values of at least one, or leave it out")
    check_names("columns", columns)
    arrays = {}
    for name, given in columns.items():
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise TypeError(f"columns[{name!r}] must be a list with one value for each sample, not {shown(given)}")
        values: Any = given if hasattr(given, "__len__") else list(given)
        if len(values) != samples:
            raise ValueError(f"{samples} samples but {len(values)} values in columns[{name!r}]; pass one for each")
        arrays[name] = column_values(values, f"columns[{name!r}]")
    return arrays


class _Ranges:
    """The ranges among some files, collected while the paths stream by."""

    def __init__(self) -> None:
        self._builder = RangesBuilder()
        self._any = False

    def paths_of(self, files: Iterable[StrPath | FileRange]) -> Iterator[StrPath]:
        for file in files:
            if isinstance(file, FileRange):
                self._any = True
                self._builder.add(file.offset, file.length, file.inflated_size, checksum_of(file), file.name)
                yield file.path
            else:
                self._builder.add()
                yield file

    def add_to(self, table: PathTable) -> PathTable:
        return replace(table, ranges=self._builder.ranges()) if self._any else table
