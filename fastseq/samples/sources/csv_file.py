"""Samples from a CSV file, read in chunks by Python's own reader."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from fastseq._types import StrPath
from fastseq.samples.cells import at, check_filled
from fastseq.samples.class_labels import Labels
from fastseq.samples.inputs import Inputs
from fastseq.samples.path_table import CHUNK, PathTable, PathTableBuilder
from fastseq.samples.sources.csv_columns import NumberColumns, TextColumn, not_utf8, undecoded
from fastseq.samples.sources.dataframe import label_columns, no_column, repeated_column
from fastseq.samples.sources.table_inputs import Columns, Images, TableInputs
from fastseq.samples.sources.zip_images import ArchiveRoot
from fastseq.urls import check_local


def read_csv(
    path: StrPath,
    image: Images,
    label: str | Sequence[str] | None,
    root: StrPath | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
    delimiter: str,
    encoding: str,
    columns: Columns | None,
) -> tuple[PathTable, Labels, Inputs]:
    """Read the paths, labels and other inputs; see `Samples.from_csv`."""
    check_local(os.fspath(path), "path")
    fixed = label_columns(label, label_sep, classes)
    wanted = TableInputs.from_arguments(image, columns)
    images = list(wanted.images.values())
    labels = [label] if isinstance(label, str) else list(label or ())

    def what(name: str) -> str:
        return f"{os.fspath(path)}: column {name!r}"

    root = os.path.dirname(path) if root is None else root
    archive = ArchiveRoot.of(root)
    paths = [PathTableBuilder(root if archive is None else None) for _ in images]
    texts = {name: TextColumn() for name in ([*labels, *wanted.values] if isinstance(label, str) else wanted.values)}
    numbers = NumberColumns([] if isinstance(label, str) else list(map(what, labels)))
    row = 0
    for cells in _chunks(path, list(dict.fromkeys([*images, *labels, *wanted.values])), delimiter, encoding):
        for name, builder in zip(images, paths, strict=True):
            check_filled(cells[name], what(name), row)
            builder.add(cells[name])
        for name, column in texts.items():
            column.add(cells[name])
        if not isinstance(label, str):
            numbers.add([cells[name] for name in labels], row)
        row += len(cells[images[0]])
    if not row:
        raise ValueError(f"{os.fspath(path)} has no rows after its header")
    encoded = Labels()
    if isinstance(label, str):
        encoded = texts[label].labels(fixed, label_sep, what(label))
    elif label is not None:
        encoded = numbers.labels()
    inputs = wanted.read(row, lambda name: texts[name].values(what(name)), what)
    tables = [builder.table() for builder in paths]
    if archive is not None:
        tables = [archive.locate(table, what(name)) for name, table in zip(images, tables, strict=True)]
    return PathTable.concatenate(tables), encoded, inputs


def _chunks(path: StrPath, names: Sequence[str], delimiter: str, encoding: str) -> Iterator[dict[str, list[str]]]:
    """Iterate over chunks of the named columns, by name; blank lines are skipped."""
    with open(path, "rb") as data, _text(data, os.fspath(path), encoding) as file:
        reader = csv.reader(file, delimiter=delimiter)
        rows = filter(None, reader)
        try:
            header = next(rows, [])
            for name in names:
                if name not in header:
                    raise ValueError(f"{os.fspath(path)}: {no_column(name, header)}{_hint(header, names, delimiter)}")
                if (times := header.count(name)) > 1:
                    raise ValueError(f"{os.fspath(path)}: {repeated_column(name, times)}")
            places = {name: header.index(name) for name in names}
            start = 0
            while chunk := list(islice(rows, CHUNK)):
                if set(map(len, chunk)) != {len(header)}:
                    row = next(i for i, cells in enumerate(chunk) if len(cells) != len(header))
                    raise ValueError(
                        f"{at(os.fspath(path), start + row)} has {len(chunk[row])} cells, but the header has "
                        f"{len(header)}; quote cells that contain {delimiter!r}"
                    )
                yield {name: [row[place] for row in chunk] for name, place in places.items()}
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
    return f"; {not_utf8(line)}" if undecoded(line) else ""
