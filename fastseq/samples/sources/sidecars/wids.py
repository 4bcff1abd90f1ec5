"""The JSON of wids, the indexed data sets of WebDataset: a list of shards with their sizes and numbers of samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastseq.samples.sources.sidecars.contents import count, described
from fastseq.samples.sources.sidecars.listed_shard import ListedShard, shard_named

_KIND = "wids-shard-index-v1"
_REMEDY = "make the list again by widsindex create"


def is_wids(found: Mapping[str, Any]) -> bool:
    """Whether a JSON object is such a list."""
    return "shardlist" in found or "wids_version" in found


def wids_shards(found: Mapping[str, Any], file: str, folder: str) -> Iterator[ListedShard]:
    """Iterate over the shards in the JSON object of a file, whose folder relative names begin in.

    Raises:
        ValueError: if it is another version, or if something in it is not what it should be.
    """
    if found.get("__kind__", _KIND) != _KIND or found.get("wids_version", 1) != 1:
        kind, version = described(found.get("__kind__")), described(found.get("wids_version"))
        raise ValueError(f"{file} is of kind {kind}, version {version} of wids, and not {_KIND!r}, version 1")
    if found.get("datasets"):
        raise ValueError(f"{file} combines several data sets; pass the JSON of each, in a list")
    shards = found.get("shardlist")
    if not isinstance(shards, list) or not shards:
        raise ValueError(f"{file} has no shards in its 'shardlist'")
    for number, shard in enumerate(shards):
        if not isinstance(shard, dict):
            raise ValueError(f"{file}: shard {number} is {described(shard)}, not an object with 'url' and 'nsamples'")
        path = shard_named(shard.get("url"), folder, file)
        size = None if shard.get("filesize") is None else count(shard["filesize"], f"{file}: 'filesize' of {path}")
        yield ListedShard(
            file, path, count(shard.get("nsamples"), f"{file}: 'nsamples' of {path}"), size, _REMEDY, False
        )
