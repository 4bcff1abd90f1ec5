"""A shard that a file lists."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.sources.sidecars.contents import described
from fastseq.urls import is_url, object_url


@dataclass(frozen=True)
class ListedShard:
    """A shard, and what a file says of it.

    Attributes:
        file: the path or URL of the file that lists it.
        path: of the shard, or its URL.
        samples: how many it has, with an image or without.
        size: in bytes; None if the file does not say.
        remedy: how to make the file again.
    """

    file: str
    path: str
    samples: int
    size: int | None
    remedy: str


def shard_named(name: object, folder: str, file: str) -> str:
    """The path or the URL of a shard.

    Args:
        name: what a file calls it: a path relative to a folder, or a URL.
        folder: the path or the URL of the folder; "" for the working directory.
        file: the path or the URL of the file.

    Raises:
        ValueError: if it is no name, or if a file in a store names one on a disk, or outside of the folder.
    """
    if not isinstance(name, str) or not name or "\0" in name or not _is_encodable(name):
        raise ValueError(f"{file} names a shard {described(name)}, which is neither a path nor a URL")
    if is_url(name):
        return object_url(name, file)
    if not is_url(folder):
        return os.path.join(folder, name)
    inside = posixpath.normpath(name)
    if inside.startswith(("/", "..")):
        raise ValueError(f"{file} names a shard {name!r}, which is not in its folder; write its whole URL")
    return f"{folder}/{inside}"


def check_listed(index: ShardIndex, shards: Iterable[ListedShard]) -> None:
    """ValueError if an indexed shard is not as large as a file says, or has another number of samples."""
    listed = {shard.path: shard for shard in shards}
    for path, size, samples in zip(index.paths, index.versions[:, 0].tolist(), index.counts.tolist(), strict=True):
        shard = listed.get(path)
        if shard is None:
            continue
        for here, there, what in ((size, shard.size, "bytes"), (samples, shard.samples, "samples")):
            if there is not None and here != there:
                raise ValueError(
                    f"{path} has {here:,} {what}, but {there:,} by {shard.file}: copy the shard again, or, if it is "
                    f"right, {shard.remedy}"
                )


def _is_encodable(name: str) -> bool:
    try:
        name.encode("utf-8", "strict" if is_url(name) else "surrogateescape")
        return True
    except UnicodeEncodeError:
        return False
