"""Samples from a data frame, without importing pandas."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.samples.cells import is_missing, missing, path_strings
from fastseq.samples.class_labels import Labels, checked_classes, listed
from fastseq.samples.column_values import column_values
from fastseq.samples.inputs import Inputs
from fastseq.samples.label_values import encode_values, raw_numbers
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.table_inputs import Columns, Images, TableInputs
from fastseq.samples.sources.zip_images import ArchiveRoot


class DataFrame(Protocol):
    """What we use of a data frame: the names of its columns, and columns that NumPy can convert to arrays."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""

    def __getitem__(self, name: Any, /) -> Any:
        """The column of that name."""


def read_dataframe(
    df: DataFrame,
    image: Images,
    label: str | Sequence[str] | None,
    root: StrPath | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
    columns: Columns | None,
) -> tuple[PathTable, Labels, Inputs]:
    """Read the paths, labels and other inputs; see `Samples.from_dataframe`."""
    if not hasattr(df, "columns"):
        hint = "; for a CSV file use Samples.from_csv" if isinstance(df, (str, os.PathLike)) else ""
        raise TypeError(f"df must be a data frame, not {df!r}{hint}")
    fixed = label_columns(label, label_sep, classes)
    wanted = TableInputs.from_arguments(image, columns)
    archive = ArchiveRoot.of(root)
    tables = []
    for name in wanted.images.values():
        strings = path_strings(np.asarray(_column(df, name)).tolist(), f"column {name!r}")
        table = PathTable.from_strings(strings, root if archive is None else None)
        tables.append(table if archive is None else archive.locate(table, f"column {name!r}"))
    if not len(tables[0]):
        raise ValueError("the data frame has no rows")
    labels = Labels()
    if isinstance(label, str):
        labels = encode_values(_column(df, label), fixed, label_sep, f"column {label!r}")
    elif label is not None:
        labels = Labels(raw_numbers([_numbers(df, name) for name in label], [f"column {name!r}" for name in label]))
    inputs = wanted.read(len(tables[0]), lambda name: column_values(_column(df, name), f"column {name!r}"))
    return PathTable.concatenate(tables), labels, inputs


def label_columns(
    label: str | Sequence[str] | None, label_sep: str | None, classes: Iterable[object] | None
) -> tuple[str, ...] | None:
    """Check the arguments about labels and return the classes that they fix."""
    if not isinstance(label, str):
        if label_sep is not None or classes is not None:
            raise ValueError(f"label_sep and classes are for a single label column, but label={label!r}; omit them")
        if label is not None and not label:
            raise ValueError("label is an empty list; name a column, or use label=None for no labels")
    if label_sep == "":
        raise ValueError('label_sep is empty; pass the separator between two labels, such as "_"')
    return None if classes is None else checked_classes(classes)


def no_column(name: str, columns: Iterable[object]) -> ValueError:
    """Make the error for a column that is not there."""
    return ValueError(f"there is no column {name!r}; the columns are {listed(list(columns))}")


def repeated_column(name: str, times: int) -> str:
    """What is wrong with a table that has a column several times."""
    return f"there are {times} columns {name!r}; give them names of their own"


def _column(df: DataFrame, name: str) -> Any:
    if name not in list(df.columns):
        raise no_column(name, df.columns)
    column = df[name]
    if getattr(column, "ndim", 1) != 1:
        raise ValueError(repeated_column(name, column.shape[1]))
    return column


def _numbers(df: DataFrame, name: str) -> NDArray[Any]:
    column = np.asarray(_column(df, name))
    if column.dtype.kind == "O":
        for row, cell in enumerate(column):
            if is_missing(cell):
                raise missing(f"column {name!r}", row)
        column = np.asarray(column.tolist())
    if column.dtype.kind not in "biuf":
        raise ValueError(f"column {name!r} has no numbers; for labels that are text use label={name!r}")
    return column
