"""Digests of files, to find out later which of them have changed."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import xxhash

from fastseq.engine.files import open_regular

_CHUNK = 1 << 20
_HEADER = ["xxh3_64", "bytes", "path"]


@dataclass(frozen=True)
class Changes:
    """How files differ from what was written down of them: paths, sorted."""

    changed: list[str]
    missing: list[str]
    new: list[str]

    def __bool__(self) -> bool:
        """Whether a file that was there is not as it was."""
        return bool(self.changed or self.missing)


Digest = tuple[str, int]  # XXH3's 64 bits in hex digits, and the number of bytes


def digest(path: str) -> Digest | None:
    """The digest of one file; None where it cannot be read."""
    hasher, size = xxhash.xxh3_64(), 0
    try:
        with open_regular(path) as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                size += len(chunk)
    except OSError:
        return None
    return hasher.hexdigest(), size


def digests(paths: Iterable[str], advance: Callable[[int], None]) -> dict[str, Digest]:
    """The digests of all files that can be read, by their absolute paths."""
    made: dict[str, Digest] = {}
    for path in paths:
        of_file = digest(path)
        if of_file is not None:
            made[os.path.abspath(path)] = of_file
        advance(1)
    return made


def write_digests(made: dict[str, Digest], path: Path) -> None:
    """Write them as a CSV file."""
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADER)
        rows.writerows([hexits, size, name] for name, (hexits, size) in sorted(made.items()))


def read_digests(path: Path) -> dict[str, Digest]:
    """Read what `write_digests` wrote.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no such file.
    """
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file)
        try:
            if next(rows, None) != _HEADER:
                raise ValueError(f"{path} is no list of digests: its first line is not {','.join(_HEADER)}")
        except csv.Error:
            raise ValueError(f"{path} is no list of digests") from None
        try:
            return {name: (hexits, int(size)) for hexits, size, name in rows}
        except (ValueError, csv.Error):
            raise ValueError(f"line {rows.line_num} of {path} is no digest") from None


def compare(before: dict[str, Digest], now: dict[str, Digest]) -> Changes:
    """What has become of the files of `before`."""
    return Changes(
        sorted(name for name in before.keys() & now.keys() if before[name] != now[name]),
        sorted(before.keys() - now.keys()),
        sorted(now.keys() - before.keys()),
    )
