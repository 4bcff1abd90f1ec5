"""The names of shards in an index, which are relative to its folder where the shards are there too."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fastseq.urls import is_url


def folder_of(path: str) -> str:
    """The folder, or the URL of the folder, that a file is in."""
    return path.rpartition("/")[0] if is_url(path) else os.path.dirname(os.path.abspath(path))


def names_in(folder: str, shards: Sequence[str]) -> list[str]:
    """What an index in a folder calls shards."""
    if is_url(folder):
        return [shard.removeprefix(f"{folder}/") for shard in shards]
    return [shard if is_url(shard) else os.path.relpath(shard, folder) for shard in shards]


def shards_named(folder: str, names: Sequence[str]) -> list[str]:
    """The shards that an index in a folder calls so: absolute paths, or URLs."""
    if is_url(folder):
        return [name if is_url(name) else f"{folder}/{name}" for name in names]
    return [name if is_url(name) else os.path.normpath(os.path.join(folder, name)) for name in names]
