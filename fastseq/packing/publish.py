"""How a pack appears: a note that it is begun, shards with their parts, the index last. Without an index, no pack."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fastseq.errors import BadSample
from fastseq.executors import Executor, results_of
from fastseq.file_range import CRC32C
from fastseq.packing.contents import image_names
from fastseq.packing.destination import Destination
from fastseq.packing.part import Part
from fastseq.packing.settings import PackSettings
from fastseq.packing.shard import shard_name, size_and_crc
from fastseq.samples import Samples
from fastseq.samples.blocks import Blocks
from fastseq.samples.class_labels import Labels
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.index.index_file import NotAnIndexError
from fastseq.samples.index.pack_index import PackIndex
from fastseq.samples.index.remote_index import DEFAULT_NAME
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.status import Status

_BEGUN = "unfinished.json"
_CLASSES = "classes.json"
_PART = ".part"


def begin(to: Destination, plan: str) -> set[str]:
    """Note that a pack is begun, unless it is already; returns the names of the files that are there.

    Raises:
        ValueError: if something else is there.
    """
    there = to.names()
    if DEFAULT_NAME in there:
        try:
            found = read_index(to).facts.get("plan")
        except NotAnIndexError:
            found = None
    elif _BEGUN in there:
        found = _read_json(to, _BEGUN).get("plan")
    elif there:
        raise ValueError(f"{to} is not empty, and no pack was begun there: choose a new folder")
    else:
        _publish_json(to, _BEGUN, {"plan": plan})
        return there
    if found != plan:
        raise ValueError(
            f"{to} has a pack of other samples or with other settings: give the same as before to go on with it, or "
            "choose a new folder"
        )
    return there


def pack_index(plan: str, samples: Samples, settings: PackSettings, parts: Sequence[Part]) -> PackIndex:
    """The index of shards that are there.

    Args:
        plan: a hash of the samples and the settings.
        samples: the set that was packed.
        settings: of the pack.
        parts: of all shards, in their order.

    Raises:
        ValueError: if no sample is in them.
    """
    numbers = np.concatenate([part.numbers for part in parts])
    if not len(numbers):
        raise ValueError("no sample could be packed: all are bad")
    shards = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.numbers) for part in parts])
    offsets, lengths, crcs = (
        np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("offsets", "lengths", "crcs")
    )
    ends = np.concatenate([part.ends for part in parts])
    packed = samples.select(numbers)
    count = len(offsets)
    images = ShardIndex(
        tuple(shard_name(part.shard) for part in parts),
        np.array([(part.size, 0) for part in parts], np.int64),
        np.tile(shards, count),
        offsets.ravel(),
        lengths.ravel(),
        np.array([len(part.numbers) for part in parts]),
        Blocks.of_images(shards, offsets[0], ends - offsets[0]),
        image_names(packed.table, packed.image_rows().ravel()),
        checksums=CRC32C + crcs.ravel(),
        crops=_crop_indexes(parts) if settings.crops else None,
    )
    inputs = packed.inputs.with_rows_in_blocks(len(numbers))
    labels = Labels(
        packed.stored_labels, packed.classes, packed.multi_label, packed.empty_classes, packed.ambiguous_integers
    )
    bad = sorted((report for part in parts for report in part.bad), key=lambda report: report.index)
    facts = {
        "plan": plan,
        "settings": settings.about_bytes,
        "crcs": [part.crc for part in parts],
        "bytes_read": sum(part.bytes_read for part in parts),
        "bad": [[report.index, str(report.path), int(report.status), report.detail] for report in bad],
    }
    return PackIndex(images, labels, inputs, facts)


def _crop_indexes(parts: Sequence[Part]) -> CropIndexes:
    """Those of all first images, then of all second ones, and so on."""
    sizes = np.concatenate([part.crop_sizes for part in parts], axis=1)
    cuts = [np.cumsum(part.crop_sizes.sum(axis=1))[:-1] for part in parts]
    blobs = [np.split(part.crop_rows, cut) for part, cut in zip(parts, cuts, strict=True)]
    return CropIndexes.of_sizes(np.concatenate([blob[j] for j in range(len(sizes)) for blob in blobs]), sizes.ravel())


def publish_index(to: Destination, index: PackIndex) -> None:
    """Write the index, after the names of the classes for those who read the shards without it."""
    if index.labels.classes is not None:
        _publish_json(to, _CLASSES, list(index.labels.classes))
    with to.scratch() as folder:
        index.write(folder / DEFAULT_NAME)
        to.publish(folder / DEFAULT_NAME, DEFAULT_NAME)


def read_index(to: Destination) -> PackIndex:
    """The index that is there."""
    with to.file(DEFAULT_NAME) as path:
        return PackIndex.read(path)


def bad_samples(index: PackIndex) -> list[BadSample]:
    """The samples that were left out of a pack, or decoded from damaged data."""
    return [BadSample(number, path, Status(status), detail) for number, path, status, detail in index.facts["bad"]]


def verify(to: Destination, index: PackIndex, executor: Executor) -> None:
    """Read all shards.

    Raises:
        ValueError: if one is not what was written.
    """
    names = index.images.paths
    sizes = index.images.versions[:, 0].tolist()
    found = results_of([_Verification(to, name) for name in names], executor)
    for name, is_there, expected in zip(names, found, zip(sizes, index.facts["crcs"], strict=True), strict=True):
        if is_there != expected:
            raise ValueError(f"{to}/{name} is damaged or missing: delete the folder, and pack again")


def clean(to: Destination) -> None:
    """Delete what is needed no more once there is an index."""
    for name in to.names():
        if name == _BEGUN or name.endswith(_PART):
            to.delete(name)
    to.clean()


@dataclass(frozen=True)
class _Verification:
    """The size and the CRC of a shard; None if it cannot be read."""

    to: Destination
    name: str

    def __call__(self) -> tuple[int, int] | None:
        try:
            with self.to.file(self.name) as path:
                return size_and_crc(path)
        except OSError:
            return None


def _publish_json(to: Destination, name: str, value: Any) -> None:
    with to.scratch() as folder:
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
        to.publish(folder / name, name)


def _read_json(to: Destination, name: str) -> dict[str, Any]:
    with to.file(name) as path:
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError:
            found = None
    return found if isinstance(found, dict) else {}
