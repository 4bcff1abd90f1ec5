"""Samples from a CSV file, read in chunks by Python's own reader."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, numbered, text_labels
from fastseq.samples.label_values import at, check_filled, encode_values, raw_numbers
from fastseq.samples.path_table import CHUNK, PathTable
from fastseq.samples.sources.dataframe import label_columns, no_column
from fastseq.samples.urls import check_local

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|nan", re.IGNORECASE)


def read_csv(
    path: StrPath,
    image: str,
    label: str | Sequence[str] | None,
    root: StrPath | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
) -> tuple[PathTable, Labels]:
    """Read the paths and labels; see `Samples.from_csv`."""
    check_local(os.fspath(path), "path")
    fixed = label_columns(label, label_sep, classes)
    names = [image, *([label] if isinstance(label, str) else label or ())]
    column_names = [f"{os.fspath(path)}: column {name!r}" for name in names]
    texts = _Texts()
    numbers = _Numbers(column_names[1:])

    def images() -> Iterator[Sequence[str]]:
        row = 0
        for columns in _chunks(path, names):
            for what, cells in zip(column_names, columns, strict=True):
                check_filled(cells, what, row)
            if isinstance(label, str):
                texts.add(columns[1])
            elif label is not None:
                numbers.add(columns[1:], row)
            row += len(columns[0])
            yield columns[0]

    table = PathTable.from_chunks(images(), os.path.dirname(path) if root is None else root)
    if not len(table):
        raise ValueError(f"{os.fspath(path)} has no rows after its header")
    if label is None:
        return table, Labels()
    if isinstance(label, str):
        return table, texts.labels(fixed, label_sep, column_names[1])
    return table, numbers.labels()


class _Texts:
    """A growing column of text; equal cells are stored once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._codes: list[NDArray[np.int32]] = []

    def add(self, cells: Sequence[str]) -> None:
        places = self._places
        for cell in dict.fromkeys(cells):
            places.setdefault(cell, len(places))
        self._codes.append(np.fromiter(map(places.__getitem__, cells), np.int32, len(cells)))

    def labels(self, fixed: tuple[str, ...] | None, sep: str | None, what: str) -> Labels:
        codes = np.concatenate(self._codes)
        distinct = list(self._places)
        if fixed is None and sep is None:
            if all(map(_INTEGER.fullmatch, distinct)):
                whole = list(map(int, distinct))
                return numbered(codes, list(map(str, whole)), tuple(map(str, sorted(set(whole)))))
            if all(map(_FLOAT.fullmatch, distinct)):
                numbers = np.array(list(map(float, distinct)))[codes]
                return encode_values(numbers, None, None, what)
        return text_labels(codes, distinct, fixed, sep)


class _Numbers:
    """Growing columns of numbers."""

    def __init__(self, column_names: Sequence[str]) -> None:
        self._column_names = column_names
        self._columns: list[list[NDArray[np.int64] | NDArray[np.float64]]] = [[] for _ in column_names]

    def add(self, columns: Sequence[Sequence[str]], first_row: int) -> None:
        for what, cells, parts in zip(self._column_names, columns, self._columns, strict=True):
            try:
                parts.append(np.fromiter(map(int, cells), np.int64, len(cells)))
                continue
            except (ValueError, OverflowError):
                pass
            bad = next((row for row, cell in enumerate(cells) if not _is_float(cell)), None)
            if bad is not None:
                where = at(what, first_row + bad)
                raise ValueError(f"{where}: {cells[bad]!r} is not a number; correct it, or remove the row")
            parts.append(np.fromiter(map(float, cells), np.float64, len(cells)))

    def labels(self) -> Labels:
        return Labels(raw_numbers([np.concatenate(parts) for parts in self._columns], self._column_names))


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _chunks(path: StrPath, names: Sequence[str]) -> Iterator[list[list[str]]]:
    """Iterate over chunks of the named columns; blank lines are skipped."""
    # surrogateescape keeps bytes that are not UTF-8: they may be part of a file name.
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file)
        rows = filter(None, reader)
        try:
            header = next(rows, [])
            for name in names:
                if name not in header:
                    raise ValueError(f"{os.fspath(path)}: {no_column(name, header)}")
            places = list(map(header.index, names))
            start = 0
            while chunk := list(islice(rows, CHUNK)):
                if set(map(len, chunk)) != {len(header)}:
                    row = next(i for i, cells in enumerate(chunk) if len(cells) != len(header))
                    raise ValueError(
                        f"{at(os.fspath(path), start + row)} has {len(chunk[row])} cells, but the header has "
                        f"{len(header)}; quote cells that contain commas"
                    )
                yield [[row[place] for row in chunk] for place in places]
                start += len(chunk)
        except csv.Error as error:
            where = f"{os.fspath(path)}, line {reader.line_num}"
            raise ValueError(f"{where}: {error}; is it a CSV file?") from error
