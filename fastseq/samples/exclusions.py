"""Files to leave out, such as those that `fastseq check` or a loader found bad."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import TypeAlias

from fastseq._types import StrPath
from fastseq.errors import BadSample
from fastseq.file_range import FileRange, possible_places
from fastseq.urls import is_url

_ROW = re.compile(r"row [0-9]+")
_ROW_IN_PLACE = re.compile(r"\[[0-9]+:[0-9]+\] (row [0-9]+)$")

Bad: TypeAlias = StrPath | Iterable[StrPath | FileRange | BadSample]
"""What to leave out; see `listed_paths`."""


def listed_paths(bad: Bad) -> set[str]:
    """The `identity` of each file, or part of a file, to leave out.

    Args:
        bad: their paths and ranges, or their reports, such as the `errors` of a loader; or the path of a file of JSON
            lines, each with a "path", as `BadSampleLog.write` writes it. RECOVERED samples are usable and not left out.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not such a file; the message names the line.
    """
    if isinstance(bad, (str, os.PathLike)):
        paths = _read(bad)
    else:
        named = (_path(each) for each in bad if not (isinstance(each, BadSample) and each.is_good))
        paths = [os.fsdecode(path) for path in named if path is not None]
    return {absolute(text) for path in paths for text in (*possible_places(path), _ROW_IN_PLACE.sub(r" \1", path))}


def identity(source: str | FileRange) -> str:
    """What tells a file, or a part of one, from others: its absolute path or URL, without the name of the part.

    A row of a Parquet file is called "x.parquet row 17", whether it is read by its place or with its row group.
    """
    if not isinstance(source, FileRange):
        return absolute(source)
    is_row = source.name is not None and _ROW.fullmatch(source.name)
    return absolute(f"{os.fspath(source.path)} {source.name}" if is_row else source.place)


def absolute(path: str) -> str:
    """The absolute path; a URL as it is."""
    return path if is_url(path) else os.path.abspath(path)


def _path(bad: StrPath | FileRange | BadSample) -> StrPath | None:
    if isinstance(bad, FileRange):
        return str(bad)
    return bad.path if isinstance(bad, BadSample) else os.fspath(bad)


def _read(path: StrPath) -> list[str]:
    found = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict) or not isinstance(record.get("path"), str):
                raise ValueError(f"line {number} of {os.fspath(path)!r} is not a JSON record with a path")
            if record.get("status") != "RECOVERED":
                found.append(record["path"])
    return found
