"""Columns of a CSV file, as they grow: what their cells mean once all of them are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.cells import at, check_filled, factorise, missing, row_of
from fastseq.samples.class_labels import Labels, class_order, number_in, numbered
from fastseq.samples.column_values import column_values
from fastseq.samples.label_values import encode_values, raw_numbers
from fastseq.samples.text_labels import text_labels

_BOOLEANS = {"true": True, "false": False}
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


class TextColumn:
    """A growing column of text; equal cells are stored once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._codes: list[NDArray[np.int32]] = []

    def add(self, cells: Sequence[str]) -> None:
        """Add a chunk."""
        places = self._places
        for cell in dict.fromkeys(cells):
            places.setdefault(cell, len(places))
        self._codes.append(np.fromiter(map(places.__getitem__, cells), np.int32, len(cells)))

    @classmethod
    def of(cls, cells: Sequence[str]) -> TextColumn:
        """A column of these cells."""
        column = cls()
        column.add(cells)
        return column

    @classmethod
    def from_codes(cls, codes: NDArray[np.int32], texts: Sequence[str]) -> TextColumn:
        """A column of texts, each given by its place among the distinct ones."""
        column = cls()
        column._places = {text: place for place, text in enumerate(texts)}
        column._codes.append(codes)
        return column

    def codes(self) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """The place of each cell among the distinct texts, int32 (n,), and these."""
        return np.concatenate([np.zeros(0, np.int32), *self._codes]), tuple(self._places)

    def labels(self, fixed: tuple[str, ...] | None, sep: str | None, what: str) -> Labels:
        """Encode the cells as labels; see `Samples.from_csv`."""
        codes, texts = self._distinct(what)
        numbers = _numeric_labels(codes, texts, what) if fixed is None and sep is None else None
        return text_labels(codes, texts, fixed, sep, what) if numbers is None else numbers

    def values(self, what: str) -> NDArray[Any]:
        """The cells as `column_values` has them: integers, numbers, or "True" and "False", if all are, otherwise text.

        "01" and "+1" are text.

        Raises:
            ValueError: if a cell is empty, NaN or infinite, or if most are numbers and one is not.
        """
        codes, texts = self._distinct(what)
        of_text, names = factorise([text.strip() for text in texts])
        codes = of_text[codes]
        if "" in names:
            raise missing(what, row_of(codes, names.index("")))
        values: NDArray[Any]
        if all(name.lower() in _BOOLEANS for name in names):
            values = np.array([_BOOLEANS[name.lower()] for name in names])[codes]
            return values
        numbers = [float(name) if _NOT_FINITE.fullmatch(name) else number_in(name) for name in names]
        if None in numbers:
            _check_others(codes, names, numbers, what, "values are; correct it, or remove the row")
        elif any(isinstance(number, float) for number in numbers) or list(map(str, numbers)) == names:
            return column_values([numbers[code] for code in codes.tolist()], what)
        values = np.array(names, object)[codes]
        return values

    def _distinct(self, what: str) -> tuple[NDArray[np.integer[Any]], list[str]]:
        """The place of each cell among the distinct texts, int32 (n,), and these."""
        codes = np.concatenate(self._codes)
        texts = list(self._places)
        for place, text in enumerate(texts):
            if undecoded(text):
                raise ValueError(f"{at(what, row_of(codes, place))}: {not_utf8(text)}")
        return codes, texts


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
    if None not in numbers:
        return encode_values(np.array(numbers, np.float64)[codes], None, None, what)
    if "" in names:
        raise missing(what, row_of(codes, names.index("")))
    _check_others(codes, names, numbers, what, "labels are; correct it, or pass classes=... if they are classes")
    return None


def _check_others(
    codes: NDArray[np.integer[Any]], names: Sequence[str], numbers: Sequence[float | None], what: str, most: str
) -> None:
    """Raise a ValueError that names a row whose text is not a number, if most of the distinct texts are."""
    others = [place for place, number in enumerate(numbers) if number is None]
    if 2 * len(others) < len(names):
        where = at(what, row_of(codes, others[0]))
        raise ValueError(f"{where}: {names[others[0]]!r} is not a number, but most {most}")


class NumberColumns:
    """Growing columns of numbers."""

    def __init__(self, column_names: Sequence[str]) -> None:
        self._column_names = column_names
        self._columns: list[list[NDArray[np.int64] | NDArray[np.float64]]] = [[] for _ in column_names]

    def add(self, columns: Sequence[Sequence[str]], first_row: int) -> None:
        """Add a chunk of each column. ValueError if a cell is not a number; the message names its row."""
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
        """All of them, as labels; see `raw_numbers`."""
        return Labels(raw_numbers([np.concatenate(parts) for parts in self._columns], self._column_names))


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def undecoded(text: str) -> bool:
    """Whether a text has bytes that are not UTF-8."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def not_utf8(text: str) -> str:
    """What to do about a text that is undecoded."""
    shown = text.encode("utf-8", "surrogateescape")
    return f'{shown!r} is not UTF-8; pass the encoding of the file, such as encoding="cp1252"'
