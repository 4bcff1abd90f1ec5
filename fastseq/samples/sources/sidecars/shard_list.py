"""Files that list tar shards, in place of a pattern: the JSON of wids, and that of Megatron Energon."""

from __future__ import annotations

import os
from collections.abc import Iterable

from fastseq._types import StrPath
from fastseq.samples.sources.shard_paths import MAX_SHARDS, shard_paths
from fastseq.samples.sources.sidecars.contents import read_json
from fastseq.samples.sources.sidecars.energon import FOLDER, INFO, energon_shards, is_energon
from fastseq.samples.sources.sidecars.listed_shard import ListedShard
from fastseq.samples.sources.sidecars.wids import is_wids, wids_shards
from fastseq.urls import is_url, object_url

_SUFFIX = ".json"


def tar_paths(shards: StrPath | Iterable[StrPath]) -> tuple[list[str], list[ListedShard]]:
    """The archives that patterns and lists name, in their order, and what the lists say of those that they list.

    Args:
        shards: as for `shard_paths`; the name of a list ends in .json, and a folder may be that of an Energon data set.

    Raises:
        Exception: what `shard_paths` raises; also ValueError if a list is not one.
    """
    lists: list[ListedShard] = []

    def expand(given: str) -> list[str] | None:
        file = _list_file(given)
        if file is None:
            return None
        found = _listed(file)
        lists.extend(found)
        return [shard.path for shard in found]

    return shard_paths(shards, expand), lists


def _list_file(given: str) -> str | None:
    """The list that is given, or that is in the folder that is given; None if it is a pattern."""
    if is_url(given):
        return object_url(given, "shards") if given.endswith(_SUFFIX) else None
    if given and os.path.isdir(os.path.join(given, FOLDER)):
        info = os.path.join(given, FOLDER, INFO)
        if not os.path.exists(info):
            raise ValueError(f"{info} is not there; energon prepare --tar-index-only makes it from an .info.yaml")
        return info
    return given if given.endswith(_SUFFIX) else None


def _listed(file: str) -> list[ListedShard]:
    found, folder = read_json(file), _parent(file)
    if is_energon(found):
        shards = list(energon_shards(found, file, _parent(folder) if os.path.basename(folder) == FOLDER else folder))
    elif is_wids(found):
        shards = list(wids_shards(found, file, folder))
    else:
        raise ValueError(
            f"{file} does not list shards: it has neither a 'shardlist', as wids writes it, nor 'shard_counts', as "
            "Megatron Energon does"
        )
    if len(shards) > MAX_SHARDS:
        raise ValueError(f"{file} lists more than {MAX_SHARDS:,} shards")
    return shards


def _parent(path: str) -> str:
    return path.rpartition("/")[0] if is_url(path) else os.path.dirname(path)
