"""Samples from files of TFRecords whose records are tf.train.Examples."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.shards import TF_RECORD, TfRecordReader
from fastseq._types import StrPath
from fastseq.file_range import CRC32C
from fastseq.samples.class_labels import Labels, checked_columns, listed
from fastseq.samples.index.find import index_of
from fastseq.samples.index.kept_index import ShardsToIndex
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.label_values import encode_values
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.class_numbers import are_names, distinct_numbers, numbers_of_classes, warn_of_other_numbers
from fastseq.samples.sources.csv_columns import TextColumn
from fastseq.samples.sources.label_text import MAX_LABEL_BYTES, encoded_text, label_text, too_long
from fastseq.samples.sources.shard_crops import with_crops
from fastseq.samples.sources.shard_errors import TFRECORD_FILE, check_is_file, check_open, unreadable
from fastseq.samples.sources.shard_files import ShardFile, head, index_command, shard_file
from fastseq.samples.sources.shard_images import ShardImages
from fastseq.samples.sources.shard_paths import shard_paths
from fastseq.samples.sources.sidecars.tfds import warn_of_other_counts
from fastseq.samples.sources.tfds_names import class_names
from fastseq.status import Status

_RECORDS = 256  # read at once, between two looks at signals: each may take milliseconds on a network
_DTYPE = np.dtype([(name, np.int64) for name in TF_RECORD])
_NOTHING, _BYTES, _FLOAT, _INT64 = range(4)
_KINDS = ("nothing", "bytes", "floats", "integers")
_FIRST_RECORDS = 100  # whose features are looked at

# TensorFlow's own names first, then those of its tutorials and of Kaggle's competitions.
_IMAGES = ("image/encoded", "image", "image_raw")
_LABELS = ("image/class/label", "label", "class", "target")

_NO_IMAGE = "records without an image were left out"
_CUT_OFF = "files are cut off; their last record was left out, and what came after it is not there"
_EMPTY = "files have no records; are they whole?"


def read_tfrecord(
    shards: StrPath | Iterable[StrPath],
    image: str,
    label: str | None,
    classes: Iterable[object] | None,
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_tfrecord`."""
    fixed = checked_columns(image, label, classes, "one feature")
    shards_to_index = tfrecord_shards(shards, image, label)
    index = index_of(shards_to_index)
    index.warn()
    if index.labels is None:
        return index.table(), Labels()
    return index.table(), _encoded(index.labels, fixed, index.paths, shards_to_index.settings["label"])


def tfrecord_shards(
    shards: StrPath | Iterable[StrPath], image: str, label: str | None, crops: bool = False
) -> ShardsToIndex:
    """Files of TFRecords, and how they are indexed; see `Samples.from_tfrecord`. For `crops` see `tar_shards`."""
    paths = shard_paths(shards)
    features = _Features.among(_features(paths), image, label)

    def merge(found: Sequence[ShardIndex]) -> ShardIndex:
        _check_one_kind(found, features.label)
        index = ShardIndex.concatenate(found)
        if not len(index.shards):
            raise ValueError(f"{listed(paths)}: no record has a feature {features.image!r} with an image")
        return index

    tasks = [partial(_index_shard, path, features, crops) for path in paths]
    settings = {"image": features.image, "label": features.label}
    command = index_command(shards, *settings.values())
    return ShardsToIndex("tfrecord", settings, tuple(paths), tasks, merge, command, check=warn_of_other_counts)


@dataclass(frozen=True)
class _Features:
    """The names of the features with the images and with the labels."""

    image: str
    label: str | None

    @classmethod
    def among(cls, there: dict[str, int], image: str, label: str | None) -> _Features:
        """Those that a user named; "inferred" for the usual ones among those that are there."""
        if image == "inferred":
            image = next((name for name in _IMAGES if there.get(name) == _BYTES), "")
        if label == "inferred":
            label = next((name for name in _LABELS if there.get(name) in (_BYTES, _FLOAT, _INT64)), "")
        found = f"the features are {_listed_features(there)}"
        if there.get(image) != _BYTES:
            absent = f"no feature {image!r} of bytes" if image else f"no feature {', '.join(_IMAGES)} of bytes"
            raise ValueError(f"{absent}; {found}. Name the feature with the encoded images: image=...")
        if label is not None and label not in there:
            absent = f"no feature {label!r}" if label else f"no feature {', '.join(_LABELS)}"
            raise ValueError(f"{absent}; {found}. Name the feature with the labels: label=..., or pass label=None")
        if image == label:
            raise ValueError(f"image and label are both {image!r}; pass the names of two features")
        return cls(image, label)


def _index_shard(shard: str, features: _Features, crops: bool) -> ShardIndex:
    with shard_file(shard) as file:
        scan = _Scan(features, file)
        index = scan.images.index([shard], scan.labels())
        return with_crops(index, scan.reader) if crops else index


class _Scan:
    """The images and labels in a shard."""

    def __init__(self, features: _Features, shard: ShardFile) -> None:
        self.images = ShardImages()
        self.features = features
        self._texts = TextColumn()
        self._numbers = [np.zeros(0, np.int64)]  # integers, or the bits of floats
        self._kind = _NOTHING  # of the labels
        check_is_file(shard.path)
        path, label = shard.name, self.features.label
        reader = TfRecordReader(os.fsencode(shard.path), os.fsencode(self.features.image), os.fsencode(label or ""))
        check_open(path, reader)
        self.reader = reader
        self.images.add_shard(reader.version, shard.info)
        is_empty = True
        while not reader.done:
            texts, columns = reader.read(_RECORDS)
            records = np.frombuffer(columns, _DTYPE)
            is_empty = is_empty and not len(records)
            self.images.count(len(records))
            self._add(path, records, texts)
        if reader.status == Status.TRUNCATED:
            self.images.leave_out(_CUT_OFF, f"{path}, {reader.reason}")
        elif reader.status != Status.OK:
            raise unreadable(path, reader, TFRECORD_FILE)
        elif is_empty:
            self.images.leave_out(_EMPTY, path)

    def labels(self) -> RawLabels | None:
        """All of them; None if there are none."""
        if self.features.label is None:
            return None
        if self._kind == _BYTES:
            return RawLabels.of_texts(*self._texts.codes())
        numbers = np.concatenate(self._numbers)
        return RawLabels(numbers.astype(np.uint32).view(np.float32) if self._kind == _FLOAT else numbers)

    def _add(self, path: str, records: NDArray[Any], texts: bytes) -> None:
        for record in records[records["image_count"] != 1]:
            if record["image_count"] > 1:
                raise ValueError(
                    f"{_place(path, record['offset'])} has {record['image_count']} images in {self.features.image!r}"
                )
            self.images.leave_out(_NO_IMAGE, _place(path, record["offset"]))
        has_image = records["image_count"] == 1
        wrong = records[has_image & (records["image_kind"] != _BYTES)]
        if len(wrong):
            kind = _KINDS[wrong[0]["image_kind"]]
            raise ValueError(
                f"{_place(path, wrong[0]['offset'])}: {self.features.image!r} has {kind}, not an encoded image"
            )
        good = records[has_image]
        columns = (good[column].tolist() for column in ("image_offset", "image_length", "image_crc32c"))
        for offset, length, crc32c in zip(*columns, strict=True):
            self.images.add(offset, length, checksum=CRC32C + crc32c)
        if self.features.label is not None and len(good):
            self._add_labels(path, records, has_image, texts)

    def _add_labels(self, path: str, records: NDArray[Any], has_image: NDArray[np.bool_], texts: bytes) -> None:
        good, name = records[has_image], self.features.label
        self._kind = self._kind or int(good[0]["label_kind"])
        for wrong in good[(good["label_count"] != 1) | (good["label_kind"] != self._kind)][:1]:
            if wrong["label_count"] != 1:
                raise ValueError(
                    f"{_place(path, wrong['offset'])} has {wrong['label_count']} values in {name!r}, not one label"
                )
            kinds = _KINDS[wrong["label_kind"]], _KINDS[self._kind]
            raise ValueError(f"{_place(path, wrong['offset'])}: {name!r} has {kinds[0]}, but {kinds[1]} before")
        if self._kind != _BYTES:
            self._numbers.append(good["label_value"])
            return
        for record in good[good["label_value"] > MAX_LABEL_BYTES][:1]:
            raise too_long(f"{_place(path, record['offset'])}: {name!r}", record["label_value"])
        columns = (good[column].tolist() for column in ("offset", "label_value", "text_end"))
        self._texts.add(
            [
                label_text(texts[end - size : end], f"{_place(path, offset)}: {name!r}")
                for offset, size, end in zip(*columns, strict=True)
            ]
        )


def _kind(labels: RawLabels | None) -> int:
    if labels is None or not len(labels.values):
        return _NOTHING
    if labels.texts is not None:
        return _BYTES
    return _INT64 if labels.values.dtype == np.int64 else _FLOAT


def _check_one_kind(shards: Sequence[ShardIndex], label: str | None) -> None:
    """ValueError if the labels in shards are not all of one kind."""
    before = _NOTHING
    for shard in shards:
        kind = _kind(shard.labels)
        if kind != _NOTHING and before not in (_NOTHING, kind):
            raise ValueError(
                f"{shard.paths[0]}: {label!r} has {_KINDS[kind]}, but {_KINDS[before]} in the files before"
            )
        before = kind or before


def _encoded(raw: RawLabels, fixed: tuple[str, ...] | None, paths: Sequence[str], label: str) -> Labels:
    what, values = f"feature {label!r}", raw.values
    if raw.texts is not None:
        return encoded_text(raw, fixed, None, what, label)
    if values.dtype == np.int64:
        names = class_names(paths, label) if fixed is None else fixed
        if names is not None and (fixed is None or are_names(names, values)):
            return numbers_of_classes(values, names, what)
        distinct = distinct_numbers(values)
        if fixed is None and np.array_equal(distinct, np.arange(len(distinct))):
            return encode_values(distinct, None, None, what)._replace(values=values)
    labels = encode_values(values, fixed, None, what)
    if fixed is None:
        warn_of_other_numbers(labels.classes or (), repr(label))
    return labels


def _features(paths: Sequence[str]) -> dict[str, int]:
    """The names and kinds of the features in the first records that there are."""
    for path in paths:
        with shard_file(path, head) as shard:
            if there := _features_in(shard):
                return there
    raise ValueError(f"{listed(list(paths))}: no records that are tf.train.Examples with features")


def _features_in(shard: ShardFile) -> dict[str, int]:
    check_is_file(shard.path)
    path, reader = shard.name, TfRecordReader(os.fsencode(shard.path), b"", b"")
    check_open(path, reader)
    there: dict[str, int] = {}
    for _ in range(_FIRST_RECORDS):
        for name, kind in reader.peek().items():
            there[os.fsdecode(name)] = there.get(os.fsdecode(name)) or kind
        reader.read(1)
        if reader.done:
            break
    if reader.status not in (Status.OK, Status.TRUNCATED):
        raise unreadable(path, reader, TFRECORD_FILE)
    return there


def _listed_features(there: dict[str, int]) -> str:
    return listed([f"{name} ({_KINDS[kind]})" for name, kind in sorted(there.items())])


def _place(path: str, offset: int) -> str:
    return f"{path}, the record at byte {offset}"
