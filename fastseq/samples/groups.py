"""Which samples belong together: those of one file, and those that a user groups."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.arguments import check_ordered, shown
from fastseq.errors import SamplesWarning
from fastseq.file_range import FileRange
from fastseq.order.rng import SPLIT_STREAM, random_u64
from fastseq.samples.cells import factorise, is_missing, missing
from fastseq.samples.class_labels import listed
from fastseq.samples.path_table import PathTable


def file_numbers(table: PathTable, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the files, or parts of files, of some rows of a table: int64 (n,), equal for equal files.

    Paths are compared as text, once they are absolute; links are not followed.
    """
    buffers = table.buffer_numbers(rows)
    if _may_be_spelled_differently(table):
        table, rows = _absolute(table, rows), np.arange(len(rows))
    longest = int(np.diff(table.offsets).max(initial=0))
    weights = random_u64(0, 0, np.arange(longest + 3, dtype=np.uint64), SPLIT_STREAM)
    keys = [np.zeros(0, np.uint64)]
    for lengths, blob in table.parts(rows):  # a universal hash: one random factor for each place
        ends = np.cumsum(lengths)
        place = np.arange(len(blob)) - np.repeat(ends - lengths, lengths)
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((blob.astype(np.uint64) + 1) * weights[place])])
        keys.append(sums[ends] - sums[ends - lengths])
    key = np.concatenate(keys) + (buffers + 1).astype(np.uint64) * weights[-3]
    if table.ranges is not None:
        for column, weight in zip((table.ranges.offsets, table.ranges.lengths), weights[-2:], strict=True):
            key += column[rows].astype(np.uint64) * weight
    return np.unique(key, return_inverse=True)[1]


def warn_of_repeated_files(files: NDArray[np.int64], paths: Sequence[str]) -> None:
    """Warn if several samples are of one file.

    Args:
        files: int64 (images, n), the files of each sample, as numbers.
        paths: of these images, one row after the other.
    """
    images, samples = files.shape
    _, first, file = np.unique(files, return_index=True, return_inverse=True)
    uses = np.unique(file.ravel() * samples + np.tile(np.arange(samples), images))  # two by one sample count once
    counts = np.bincount(uses // samples)
    repeated = np.sort(first[counts > 1])
    if len(repeated):
        examples = listed([paths[i] for i in repeated[:3].tolist()])
        advice = (
            "Remove the rows that are duplicates, or pass groups=lambda path: path if all of them are meant"
            if images == 1
            else "Of rows that are joined so, split the images first, then make the rows within each part"
        )
        warn_user(
            f"{len(repeated):,} files are in several rows, such as {examples}; split keeps the rows of a file in one "
            f"part. {advice}",
            SamplesWarning,
        )


def group_numbers(groups: Any, paths: Iterable[str], samples: int) -> NDArray[np.int64]:
    """Number the groups that a user passed: int64 (n,), equal for samples of the same group.

    Args:
        groups: one value for each sample, or a function that takes a sample's path and returns one.
        paths: of the samples.
        samples: how many there are.

    Raises:
        TypeError: if they are neither, or if a value is not hashable.
        ValueError: if there is not one value for each sample, or if one is missing.
    """
    if isinstance(groups, str | bytes) or not (callable(groups) or isinstance(groups, Iterable)):
        raise TypeError(f"groups must be one value for each sample, or a function of the path, not {shown(groups)}")
    if isinstance(groups, Mapping):
        raise TypeError("groups must be a function of the path, or a list, not a dict; write groups=the_dict.get")
    check_ordered("groups", groups)
    if callable(groups):
        values: list[Hashable] = list(map(groups, paths))
    else:
        values = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    if len(values) != samples:
        raise ValueError(f"{samples} samples but {len(values)} groups; pass one group for each sample")
    for row, value in enumerate(values):
        if is_missing(value):
            raise missing("groups", row)
    try:
        return factorise(values)[0]
    except TypeError:
        raise TypeError(f"groups must be text or numbers, one for each sample, not {shown(values[0])}") from None


def joined(memberships: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join groups that have a sample in common.

    Args:
        memberships: int64 (m, n), the numbers of the m groups that each sample is in.

    Returns:
        int64 (n,), the same number for samples that are in one group, or in groups that are joined: the smallest number
        of these groups.
    """
    groups = memberships.max(initial=-1) + 1
    samples = np.arange(memberships.shape[1])
    root = samples  # of the sample's tree; trees grow until each is all that is joined
    while True:
        smallest = np.full(groups, len(samples))
        for numbers in memberships:
            np.minimum.at(smallest, numbers, root)
        nearest = smallest[memberships].min(axis=0, initial=len(samples))
        parent = samples.copy()
        np.minimum.at(parent, root, nearest)
        while not np.array_equal(above := parent[parent], parent):
            parent = above
        if np.array_equal(parent[root], root):
            break
        root = parent[root]
    number = np.full(len(samples), groups)
    np.minimum.at(number, root, memberships.min(axis=0, initial=groups))
    return number[root]


def _may_be_spelled_differently(table: PathTable) -> bool:
    """Whether two paths may differ as text and be the same file, as "a.jpg" and "./a.jpg"."""
    starts = table.offsets[:-1][np.diff(table.offsets) > 0]
    first = table.blob[starts]
    absolute = first == ord("/")
    if (first == ord(".")).any() or (absolute.any() and not absolute.all()):
        return True
    text = table.blob.tobytes()
    return any(part in text for part in (b"//", b"/./", b"/../"))


def _absolute(table: PathTable, rows: NDArray[np.int64]) -> PathTable:
    of_files = replace(table, contents=None)
    sources = map(of_files.source, rows.tolist())
    paths = (os.fspath(source.path) if isinstance(source, FileRange) else source for source in sources)
    absolute = PathTable.from_strings(map(os.path.abspath, paths))
    taken = of_files.take(rows)
    return replace(
        taken, root=absolute.root, blob=absolute.blob, offsets=absolute.offsets, path_numbers=None, versions=None
    )
