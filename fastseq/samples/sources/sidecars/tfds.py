"""The `dataset_info.json` of TensorFlow Datasets: how many records each of the shards beside it should have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from typing import Any

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.index.shard_names import folder_of
from fastseq.samples.sources.left_out import LeftOut
from fastseq.samples.sources.shard_paths import MAX_SHARDS
from fastseq.samples.sources.sidecars.contents import count, described, parse_json, read_if_there

_FILE = "dataset_info.json"
_MAX_NAME = 1024
_TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"


def warn_of_other_counts(index: ShardIndex) -> None:
    """Warn of shards with other numbers of records than `dataset_info.json` beside them says, by a `SamplesWarning`.

    Raises:
        OSError: if it cannot be read.
        ValueError: if its numbers of records are not what they should be.
    """
    names: dict[str, set[str]] = {}
    for path in index.paths:
        names.setdefault(folder_of(path), set()).add(os.path.basename(path))
    expected = {folder: _records(f"{folder}/{_FILE}", names[folder]) for folder in sorted(names)}
    others = LeftOut()
    for path, here in zip(index.paths, index.counts.tolist(), strict=True):
        there = expected[folder_of(path)].get(os.path.basename(path), here)
        if here != there:
            others.add(f"{path}, {here:,} of {there:,}")
    if others.count:
        warn_user(
            f"files have other numbers of records than {_FILE} beside them says; are they whole?: {others}",
            SamplesWarning,
        )


def _records(file: str, names: Set[str]) -> dict[str, int]:
    """The numbers of records of shards with these names; {} if there is no such file, or if it does not say."""
    contents = read_if_there(file)
    if contents is None:
        return {}
    try:
        found = parse_json(contents, file)
    except ValueError as error:
        warn_user(f"{error}; numbers of records are not compared with it", SamplesWarning)
        return {}
    splits = found.get("splits")
    if not isinstance(splits, list):  # the data sets of Hugging Face have a file of this name too
        return {}
    of_splits = (_of_split(found, split, file) for split in splits if isinstance(split, dict))
    return {name: records for pairs in of_splits for name, records in pairs if name in names}


def _of_split(info: Mapping[str, Any], split: Mapping[str, Any], file: str) -> Iterator[tuple[str, int]]:
    lengths, template = split.get("shardLengths", []), split.get("filepathTemplate", _TEMPLATE)
    dataset, name, form = info.get("name"), split.get("name"), info.get("fileFormat", "tfrecord")
    what = f"{file}: 'shardLengths' of the split {described(name)}"
    if not isinstance(lengths, list) or len(lengths) > MAX_SHARDS:
        raise ValueError(f"{what} is no list of the numbers of records of shards")
    pattern = template if isinstance(template, str) and len(template) <= _MAX_NAME else ""
    for key, value in (("{DATASET}", dataset), ("{SPLIT}", name), ("{FILEFORMAT}", form)):
        pattern = pattern.replace(key, value) if isinstance(value, str) and len(value) <= _MAX_NAME else ""
    if not 0 < len(pattern) <= _MAX_NAME:
        return
    of = f"{len(lengths):05}"
    for number, length in enumerate(lengths):
        records = count(length, what)
        shard = pattern.replace("{SHARD_X_OF_Y}", f"{number:05}-of-{of}")
        yield shard.replace("{SHARD_INDEX}", f"{number:05}").replace("{NUM_SHARDS}", of), records
