"""The shards that a pattern names."""

from __future__ import annotations

import errno
import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from fastseq._types import StrPath
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import listed
from fastseq.samples.index.index_file import SUFFIX
from fastseq.storage.stores import folder_store
from fastseq.urls import check_local, is_url, object_url

_BRACES = re.compile(r"\{([^{}]*)\}")
_NESTED = re.compile(r"\{[^{}]*\{")
_NUMBERS = re.compile(r"(\d+)\.\.(\d+)")
_NUMBERED = re.compile(r"(\d{5,})-of-(\d{5,})")
MAX_SHARDS = 1 << 20
"""More are refused."""

_WEB = ("http://", "https://")  # whose servers do not list their files


def shard_paths(
    shards: StrPath | Iterable[StrPath], expand: Callable[[str], list[str] | None] = lambda given: None
) -> list[str]:
    """The files or objects that a pattern, or a list of patterns, names, in their order.

    A `SamplesWarning` says what is missing among files that are named as in train-00000-of-00008.

    Args:
        shards: paths with `{00000..03071}` for numbers, of as many digits if one begins with 0, `{a,b}` for one or the
            other, and `*`, `?`, `[...]` and `**` as in `glob`, whose files are sorted by name. A file of that very name
            comes first. Or URLs with the same, but without `**` and with wildcards in the last part only.
        expand: what each of them stands for, where it is no pattern; None where it is one.

    Raises:
        OSError: if a pattern names no file, or if a store cannot be listed: a `StoreError`.
        ValueError: if it stands for more than a million files, names one twice, or is none of what is said above; if
            shards are of two sets, or some are URLs and others are not.
        TypeError: if `shards` is no path and no list of paths.
    """
    if not isinstance(shards, (str, os.PathLike)) and (isinstance(shards, bytes) or not isinstance(shards, Iterable)):
        raise TypeError(f"shards must be a path, a pattern or a list of them, not {shards!r}")
    given = [shards] if isinstance(shards, (str, os.PathLike)) else list(shards)
    found: list[str] = []
    for shard in given:
        if not isinstance(shard, (str, os.PathLike)):
            raise TypeError(f"shards must be a path, a pattern or a list of them, not {shard!r} in a list")
        named = expand(os.fspath(shard))
        found += _matches(os.fspath(shard)) if named is None else named
    if not found:
        raise ValueError("shards is an empty list; pass the paths of the shards")
    identities = list(map(_identity, found))
    counts = Counter(identities)
    repeated = [path for path, identity in zip(found, identities, strict=True) if counts[identity] > 1]
    if repeated:
        raise ValueError(f"these are the same shard more than once: {listed(repeated)}")
    if len(set(map(is_url, found))) > 1:
        raise ValueError("some shards are URLs and others are not: read them one after the other, or copy the former")
    _check_numbered(found)
    return found


def _identity(path: str) -> tuple[int, int] | str:
    """What tells a file from others, whatever links lead to it."""
    if is_url(path):
        return path
    try:
        status = os.stat(path)
    except OSError:
        return os.path.abspath(path)
    return status.st_dev, status.st_ino


def _check_numbered(paths: Iterable[str]) -> None:
    """Check that shards named as in train-00000-of-00008 are all there, and of one set."""
    there: dict[tuple[str, str, int], set[int]] = {}
    for path in paths:
        if numbers := _NUMBERED.search(os.path.basename(path)):
            whole = path.rpartition(numbers[0])
            there.setdefault((whole[0], whole[2], int(numbers[2])), set()).add(int(numbers[1]))
    counts: dict[tuple[str, str], int] = {}
    for (before, after, count), numbers_there in there.items():
        other = counts.setdefault((before, after), count)
        if other != count:
            sets = " and ".join(f"{before}...-of-{number:05}{after}" for number in sorted((other, count)))
            raise ValueError(f"these shards are of two sets, {sets}; name those of one")
        missing = [number for number in range(min(count, MAX_SHARDS)) if number not in numbers_there]
        if missing:
            names = [f"{before}{number:05}-of-{count:05}{after}" for number in missing[:10]]
            warn_user(
                f"{len(missing):,} of {count:,} shards are missing: {', '.join(names)}{', ...' * (len(missing) > 10)}",
                SamplesWarning,
            )


def _matches(pattern: str) -> list[str]:
    remote = is_url(pattern)
    if pattern.lower().startswith("file://"):
        check_local(pattern, "shards")
    if remote:
        pattern = object_url(pattern, "shards")
    elif os.path.exists(pattern):
        return [pattern]
    if _NESTED.search(pattern):
        raise ValueError(f"{pattern} has braces in braces; pass a list of patterns")
    found: list[str] = []
    for number, path in enumerate(_without_braces(pattern)):
        if number == MAX_SHARDS:
            raise ValueError(f"{pattern} stands for more than {MAX_SHARDS:,} shards")
        if not glob.has_magic(path) or (path.startswith(_WEB) if remote else os.path.exists(path)):
            found.append(path)
            continue
        here = sorted(name for name in (_listed(path) if remote else _globbed(path)) if not name.endswith(SUFFIX))
        if not here:
            raise FileNotFoundError(errno.ENOENT, "No files of this name", path)
        found += here
    return found


def _globbed(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)


def _listed(pattern: str) -> list[str]:
    """The objects whose URLs match a pattern."""
    folder, _, last = pattern.rpartition("/")
    if glob.has_magic(folder):
        raise ValueError(f"{pattern}: wildcards in a URL can only be in its last part; write {{a,b}} for folders")
    return [f"{folder}/{name}" for name in folder_store(folder).names() if fnmatchcase(name, last)]


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
        if ".." in inside:
            raise ValueError(f"{{{inside}}} is not a range of numbers such as {{0000..0127}}")
        return inside.split(",")
    first, last = int(numbers[1]), int(numbers[2])
    if last < first:
        raise ValueError(f"{{{inside}}} counts down; write {{{numbers[2]}..{numbers[1]}}}")
    padded = any(len(text) > 1 and text.startswith("0") for text in numbers.groups())
    digits = max(map(len, numbers.groups())) if padded else 0
    return (f"{number:0{digits}}" for number in range(first, last + 1))
