"""Digests of files, to detect later which of them have changed."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import xxhash

from fastseq.engine.files import open_regular
from fastseq.file_range import FileRange

_CHUNK = 1 << 20
_HEADER = ["xxh3_64", "bytes", "path"]


@dataclass(frozen=True)
class Changes:
    """How files differ from their recorded digests: sorted paths."""

    changed: list[str]
    missing: list[str]
    new: list[str]

    def __bool__(self) -> bool:
        """Whether a recorded file has changed or is missing."""
        return bool(self.changed or self.missing)


Digest = tuple[str, int]  # XXH3-64 in hexadecimal, and the size in bytes


def digest(source: str | FileRange) -> Digest | None:
    """Return the digest of one file, or of the bytes of a part of one; None if it cannot be read."""
    hasher, size = xxhash.xxh3_64(), 0
    path, offset, length = (source, 0, None) if isinstance(source, str) else (source.path, source.offset, source.length)
    try:
        with open_regular(path) as file:
            file.seek(offset)
            while chunk := file.read(_CHUNK if length is None else min(_CHUNK, length - size)):
                hasher.update(chunk)
                size += len(chunk)
    except OSError:
        return None
    return hasher.hexdigest(), size


def digests(sources: Iterable[str | FileRange], advance: Callable[[int], None]) -> dict[str, Digest]:
    """Return the digest of each readable file, or part of one, by its absolute path.

    Args:
        sources: the files.
        advance: called with 1 after each file.
    """
    result: dict[str, Digest] = {}
    for source in sources:
        found = digest(source)
        if found is not None:
            result[os.path.abspath(str(source))] = found
        advance(1)
    return result


def write_digests(recorded: dict[str, Digest], path: Path) -> None:
    """Write digests to a CSV file."""
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADER)
        rows.writerows([hash_, size, name] for name, (hash_, size) in sorted(recorded.items()))


def read_digests(path: Path) -> dict[str, Digest]:
    """Read a file that `write_digests` wrote.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not a list of digests.
    """
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file)
        try:
            if next(rows, None) != _HEADER:
                raise ValueError(f"{path} is not a list of digests: its first line is not {','.join(_HEADER)}")
        except csv.Error:
            raise ValueError(f"{path} is not a list of digests") from None
        try:
            return {name: (hash_, int(size)) for hash_, size, name in rows}
        except (ValueError, csv.Error):
            raise ValueError(f"line {rows.line_num} of {path} is not a digest") from None


def copies(recorded: dict[str, Digest]) -> list[list[str]]:
    """Return the files with the same contents: for each such set, its sorted paths; empty files do not count."""
    by_digest: dict[Digest, list[str]] = {}
    for name, found in sorted(recorded.items()):
        if found[1]:
            by_digest.setdefault(found, []).append(name)
    return [names for names in by_digest.values() if len(names) > 1]


def compare(before: dict[str, Digest], now: dict[str, Digest]) -> Changes:
    """Return how the files of `now` differ from those of `before`."""
    return Changes(
        sorted(name for name in before.keys() & now.keys() if before[name] != now[name]),
        sorted(before.keys() - now.keys()),
        sorted(now.keys() - before.keys()),
    )
