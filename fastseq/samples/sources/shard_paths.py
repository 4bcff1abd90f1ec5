"""The shards that a pattern names."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Iterable, Iterator

from fastseq._types import StrPath
from fastseq.urls import check_local

_BRACES = re.compile(r"\{([^{}]*)\}")
_NUMBERS = re.compile(r"(\d+)\.\.(\d+)")
_MAX_SHARDS = 1 << 20


def shard_paths(shards: StrPath | Iterable[StrPath]) -> list[str]:
    """The files that a pattern, or a list of patterns, names, in their order.

    Args:
        shards: paths with `{00000..03071}` for numbers, of as many digits as the first one, `{a,b}` for one or the
            other, and `*`, `?` and `[...]` as in `glob`, whose files are sorted by name. A file of that very name comes
            first.

    Raises:
        ValueError: if a pattern names no file, is a URL, or stands for more than a million.
        TypeError: if `shards` is no path and no list of paths.
    """
    given = [shards] if isinstance(shards, (str, os.PathLike)) else list(shards)
    found = []
    for shard in given:
        if not isinstance(shard, (str, os.PathLike)):
            raise TypeError(f"shards must be a path, a pattern or a list of them, not {shard!r} in a list")
        found += _matches(os.fspath(shard))
    if not found:
        raise ValueError("shards is an empty list; pass the paths of the shards")
    return found


def _matches(pattern: str) -> list[str]:
    check_local(pattern, "shards")
    if os.path.exists(pattern):
        return [pattern]
    found: list[str] = []
    for path in itertools.islice(_without_braces(pattern), _MAX_SHARDS + 1):
        if len(found) == _MAX_SHARDS:
            raise ValueError(f"{pattern} stands for more than {_MAX_SHARDS:,} shards")
        found += sorted(glob.glob(path)) if glob.has_magic(path) else [path]
    if not found:
        raise ValueError(f"there is no file {pattern}")
    return found


def _without_braces(pattern: str) -> Iterator[str]:
    braces = _BRACES.search(pattern)
    if braces is None:
        yield pattern
        return
    head, tail = pattern[: braces.start()], pattern[braces.end() :]
    for choice in _choices(braces[1]):
        for rest in _without_braces(tail):
            yield f"{head}{choice}{rest}"


def _choices(inside: str) -> Iterable[str]:
    numbers = _NUMBERS.fullmatch(inside)
    if numbers is None:
        return inside.split(",")
    first, last = int(numbers[1]), int(numbers[2])
    if last < first:
        raise ValueError(f"{{{inside}}} counts down; write {{{numbers[2]}..{numbers[1]}}}")
    return (f"{number:0{len(numbers[1])}}" for number in range(first, last + 1))
