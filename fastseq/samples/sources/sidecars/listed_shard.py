"""A shard that a file lists."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.sources.sidecars.contents import described
from fastseq.urls import is_url, object_url

_NAME_BYTES = 100


@dataclass(frozen=True)
class ListedShard:
    """A shard, and what a file says of it.

    Attributes:
        file: the path or URL of the file that lists it.
        path: of the shard, or its URL.
        samples: how many it has, with an image or without.
        size: in bytes; None if the file does not say.
        remedy: how to make the file again.
        reads_long_names: whether its maker knows more than the first 100 bytes of the name of a file in a tar archive;
            otherwise it counts samples with longer names in another way.
    """

    file: str
    path: str
    samples: int
    size: int | None
    remedy: str
    reads_long_names: bool


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
    for number, path in enumerate(index.paths):
        shard = listed.get(path)
        if shard is None:
            continue
        size, samples = index.versions[number, 0].item(), index.counts[number].item()
        for here, there, what in ((size, shard.size, "bytes"), (samples, shard.samples, "samples")):
            if there is not None and here != there:
                if what == "samples" and not shard.reads_long_names and _has_long_names(index, number):
                    continue
                raise ValueError(
                    f"{path} has {here:,} {what}, but {there:,} by {shard.file}: copy the shard again, or, if it is "
                    f"right, {shard.remedy}"
                )


def _has_long_names(index: ShardIndex, shard: int) -> bool:
    """Whether a shard has images with names for which the header of a tar archive has no room."""
    return index.names is not None and bool((np.diff(index.names.offsets)[index.shards == shard] > _NAME_BYTES).any())


def _is_encodable(name: str) -> bool:
    try:
        name.encode("utf-8", "strict" if is_url(name) else "surrogateescape")
        return True
    except UnicodeEncodeError:
        return False
