"""The folder of metadata of Megatron Energon: `.nv-meta`, whose `.info.json` has the numbers of samples of the shards.

The files `.tar.idx` beside its shards, where each sample begins, say nothing that the shards' headers do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import listed
from fastseq.samples.sources.sidecars.contents import count, described, parse_json, read_if_there
from fastseq.samples.sources.sidecars.listed_shard import ListedShard, shard_named

FOLDER, INFO = ".nv-meta", ".info.json"
"""The name of the folder in that of the data set, and of the file in it."""

_REMEDY = "make the list again by energon prepare"
_MAX_SPLITS = 16 << 20
_PART = re.compile(r"""^ +(['"]?)([^\s'"#:-][^'"#:]*)\1:\s*$""")  # of split.yaml, unless it is an empty list
_TOP = re.compile(r"^[^\s#-]")


def is_energon(found: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an `.info.json`."""
    return "shard_counts" in found


def energon_shards(found: Mapping[str, Any], file: str, folder: str) -> Iterator[ListedShard]:
    """Iterate over the shards of a data set, given the JSON object in its `.info.json`.

    A `SamplesWarning` says that they are of several splits, or that some are excluded: YAML is not read.

    Raises:
        ValueError: if something in it is not what it should be.
    """
    counts = found["shard_counts"]
    if not isinstance(counts, dict) or not counts:
        raise ValueError(f"{file} has no shards: its 'shard_counts' is {described(counts)}")
    _warn_of_splits(file)
    for name, samples in counts.items():
        path = shard_named(name, folder, file)
        known = count(samples, f"{file}: the number of samples of {path}")
        yield ListedShard(file, path, known, None, _REMEDY, reads_long_names=True)


def _warn_of_splits(info: str) -> None:
    for name in ("split.yaml", "split.json"):
        file = info.removesuffix(INFO) + name
        contents = read_if_there(file, _MAX_SPLITS)
        if contents is None:
            continue
        parts, excludes = (_json_splits if name.endswith(".json") else _yaml_splits)(contents, file)
        if len(parts) > 1 or excludes:
            which = f"of the splits {listed(parts)}" if len(parts) > 1 else "also those it excludes"
            warn_user(
                f"{info}: the shards are {which}, and all are read; to read some, pass the shards that {file} names",
                SamplesWarning,
            )
        return


def _json_splits(contents: bytes, file: str) -> tuple[list[str], bool]:
    found = parse_json(contents, file)
    parts = found.get("split_parts")
    names = [name for name, shards in parts.items() if shards] if isinstance(parts, dict) else []
    return names, bool(found.get("exclude"))


def _yaml_splits(contents: bytes, file: str) -> tuple[list[str], bool]:
    """The names of splits that have shards, and whether something is excluded, as far as Energon writes YAML itself."""
    names, section, excludes = [], "", False
    for line in contents.decode("utf-8", "replace").splitlines():
        if _TOP.match(line):
            section = line.partition(":")[0]
        elif section == "split_parts" and (part := _PART.match(line)):
            names.append(part[2])
        elif section == "exclude" and line.lstrip().startswith("-"):
            excludes = True
    return names, excludes
