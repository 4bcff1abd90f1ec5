"""Files to leave out, such as those that `fastseq check` or a loader found bad."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from fastseq._types import StrPath
from fastseq.file_range import FileRange


def listed_paths(bad: StrPath | Iterable[StrPath | FileRange]) -> set[str]:
    """The absolute paths of files to leave out.

    Args:
        bad: their paths and ranges; or the path of a file of JSON lines, each with a "path", as `BadSampleLog.write`
            writes it. Its RECOVERED samples are usable and not left out.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not such a file; the message names the line.
    """
    paths = _read(bad) if isinstance(bad, (str, os.PathLike)) else bad
    return {os.path.abspath(str(path) if isinstance(path, FileRange) else os.fspath(path)) for path in paths}


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
