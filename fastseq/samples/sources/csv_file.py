"""Samples from a CSV file, read in chunks by Python's own reader."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.samples.cells import at, check_filled, factorise, missing, row_of
from fastseq.samples.class_labels import Labels, class_order, number_in, numbered
from fastseq.samples.label_values import encode_values, raw_numbers
from fastseq.samples.path_table import CHUNK, PathTable
from fastseq.samples.sources.dataframe import label_columns, no_column
from fastseq.samples.text_labels import text_labels
from fastseq.urls import check_local


def read_csv(
    path: StrPath,
    image: str,
    label: str | Sequence[str] | None,
    root: StrPath | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
    delimiter: str,
    encoding: str,
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
        for columns in _chunks(path, names, delimiter, encoding):
            check_filled(columns[0], column_names[0], row)
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
        texts = list(self._places)
        for place, text in enumerate(texts):
            if _undecoded(text):
                raise ValueError(f"{at(what, row_of(codes, place))}: {_not_utf8(text)}")
        numbers = _numeric_labels(codes, texts, what) if fixed is None and sep is None else None
        return text_labels(codes, texts, fixed, sep, what) if numbers is None else numbers


def _numeric_labels(codes: NDArray[np.integer[Any]], texts: Sequence[str], what: str) -> Labels | None:
    """Encode cells that are all integers or all numbers; None if they are text.

    Raises:
        ValueError: if most are numbers with a decimal point, and some are not numbers.
    """
    of_text, names = factorise([text.strip() for text in texts])
    codes = of_text[codes]
    numbers = [float("nan") if name.lower() == "nan" else number_in(name) for name in names]
    if all(isinstance(number, int) and str(number) == name for number, name in zip(numbers, names, strict=True)):
        return numbered(codes, names, class_order(names), ambiguous=True)
    if not any(isinstance(number, float) for number in numbers):
        return None
    others = [place for place, number in enumerate(numbers) if number is None]
    if not others:
        return encode_values(np.array(numbers, np.float64)[codes], None, None, what)
    if "" in names:
        raise missing(what, row_of(codes, names.index("")))
    if 2 * len(others) < len(names):
        raise ValueError(
            f"{at(what, row_of(codes, others[0]))}: {names[others[0]]!r} is not a number, but most labels are; correct "
            "it, or pass classes=... if they are classes"
        )
    return None


class _Numbers:
    """Growing columns of numbers."""

    def __init__(self, column_names: Sequence[str]) -> None:
        self._column_names = column_names
        self._columns: list[list[NDArray[np.int64] | NDArray[np.float64]]] = [[] for _ in column_names]

    def add(self, columns: Sequence[Sequence[str]], first_row: int) -> None:
        for what, cells, parts in zip(self._column_names, columns, self._columns, strict=True):
            check_filled(cells, what, first_row)
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


def _chunks(path: StrPath, names: Sequence[str], delimiter: str, encoding: str) -> Iterator[list[list[str]]]:
    """Iterate over chunks of the named columns; blank lines are skipped."""
    with open(path, "rb") as data, _text(data, os.fspath(path), encoding) as file:
        reader = csv.reader(file, delimiter=delimiter)
        rows = filter(None, reader)
        try:
            header = next(rows, [])
            for name in names:
                if name not in header:
                    raise ValueError(f"{os.fspath(path)}: {no_column(name, header)}{_hint(header, names, delimiter)}")
            places = list(map(header.index, names))
            start = 0
            while chunk := list(islice(rows, CHUNK)):
                if set(map(len, chunk)) != {len(header)}:
                    row = next(i for i, cells in enumerate(chunk) if len(cells) != len(header))
                    raise ValueError(
                        f"{at(os.fspath(path), start + row)} has {len(chunk[row])} cells, but the header has "
                        f"{len(header)}; quote cells that contain {delimiter!r}"
                    )
                yield [[row[place] for row in chunk] for place in places]
                start += len(chunk)
        except UnicodeDecodeError as error:
            raise ValueError(f"{os.fspath(path)}: not {encoding}: {error.reason}; pass its encoding=...") from error
        except csv.Error as error:
            where = f"{os.fspath(path)}, line {reader.line_num}"
            raise ValueError(f"{where}: {error}; is it a CSV file?") from error


def _text(data: io.BufferedReader, path: str, encoding: str) -> io.TextIOWrapper:
    """Decode a file."""
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise ValueError(f"encoding={encoding!r} is unknown; pass one of Python's, such as 'cp1252'") from None
    if codec != "utf-8":
        return io.TextIOWrapper(data, encoding, newline="")
    head = data.peek(2)[:2]
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in head:
        order = {b"\0": "-be", b"\xff": "", b"\xfe": ""}.get(head[:1], "-le")
        raise ValueError(f'{path} is not UTF-8 but UTF-16; pass encoding="utf-16{order}"')
    # surrogateescape keeps bytes that are not UTF-8: they may be part of a file name.
    return io.TextIOWrapper(data, "utf-8-sig", errors="surrogateescape", newline="")


def _hint(header: Sequence[str], names: Sequence[str], delimiter: str) -> str:
    """What to pass if the columns are there after all, with another separator between them or in another encoding."""
    line = delimiter.join(header)
    for other in ",;\t|":
        if set(names) <= set(next(csv.reader([line], delimiter=other), [])):
            return f"; they are separated by {other!r}: pass delimiter={other!r}"
    return f"; {_not_utf8(line)}" if _undecoded(line) else ""


def _undecoded(text: str) -> bool:
    """Whether a text has bytes that are not UTF-8."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _not_utf8(text: str) -> str:
    shown = text.encode("utf-8", "surrogateescape")
    return f'{shown!r} is not UTF-8; pass the encoding of the file, such as encoding="cp1252"'
