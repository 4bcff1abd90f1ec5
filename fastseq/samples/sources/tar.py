"""Samples from tar archives in WebDataset's layout: the files of a sample are neighbours and share a name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from fastseq._native.shards import TarReader
from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels
from fastseq.samples.index.find import index_of
from fastseq.samples.index.kept_index import ShardsToIndex
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.csv_columns import TextColumn
from fastseq.samples.sources.dataframe import label_columns
from fastseq.samples.sources.label_text import MAX_LABEL_BYTES, encoded_text, label_text
from fastseq.samples.sources.shard_crops import with_crops
from fastseq.samples.sources.shard_errors import TAR_ARCHIVE, check_is_file, check_kind, check_open, unreadable
from fastseq.samples.sources.shard_files import ShardFile, index_command, shard_file
from fastseq.samples.sources.sidecars.listed_shard import check_listed
from fastseq.samples.sources.sidecars.shard_list import tar_paths
from fastseq.samples.sources.tar_by_dali import index_by_dali
from fastseq.samples.sources.tar_samples import (
    TarFile,
    TarImages,
    TarSample,
    checked_image_kinds,
    checked_label_kind,
    no_images,
)
from fastseq.status import Status

_HEADERS = 256  # read at once, between two looks at signals: each may take milliseconds on a network


def read_tar(
    shards: StrPath | Iterable[StrPath],
    image: str | Sequence[str] | None,
    label: str | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_tar`."""
    label = checked_label_kind(label)
    fixed = label_columns(label, label_sep, classes)
    shards_to_index = tar_shards(shards, image, label)
    index = index_of(shards_to_index)
    index.warn()
    if label is None or index.labels is None or index.labels.texts is None:
        return index.table(), Labels()
    return index.table(), encoded_text(index.labels, fixed, label_sep, f"label {label!r}", label)


def tar_shards(
    shards: StrPath | Iterable[StrPath], image: str | Sequence[str] | None, label: str | None, crops: bool = False
) -> ShardsToIndex:
    """Archives, and how they are indexed; see `Samples.from_tar`.

    With `crops`, each image is read for its crop index.
    """
    label = checked_label_kind(label)
    image_kinds = checked_image_kinds(image)
    paths, lists = tar_paths(shards)

    def merge(found: Sequence[_Found]) -> ShardIndex:
        index = ShardIndex.concatenate([each.index for each in found])
        if not len(index.shards):
            raise no_images(paths, image_kinds, set().union(*(each.kinds for each in found)))
        return index

    tasks = [partial(_index_shard, path, image_kinds, label, crops) for path in paths]
    command = index_command(shards, None if image is None else ";".join(image_kinds), label)
    settings = {"image": image_kinds, "label": label}
    return ShardsToIndex(
        "tar",
        settings,
        tuple(paths),
        tasks,
        merge,
        command,
        lambda there: index_by_dali(paths, image_kinds, label, there),
        lambda index: check_listed(index, lists),
    )


@dataclass(frozen=True)
class _Found:
    """What is in a shard, and the kinds of its files."""

    index: ShardIndex
    kinds: frozenset[str]


def _index_shard(shard: str, image_kinds: tuple[str, ...], label: str | None, crops: bool) -> _Found:
    with shard_file(shard) as file:
        return _index_file(file, image_kinds, label, crops)


def _index_file(shard: ShardFile, image_kinds: tuple[str, ...], label: str | None, crops: bool) -> _Found:
    check_is_file(shard.path)
    path, reader, texts, is_empty = shard.name, TarReader(os.fsencode(shard.path)), [], True
    check_open(path, reader)
    found = TarImages(image_kinds)
    images = found.images
    images.add_shard(reader.version, shard.info)

    def is_whole(last: TarSample) -> bool:
        lacks_label = label is not None and label not in last.files
        return reader.is_whole or (reader.status == Status.OK and not lacks_label)

    for sample in found.samples(path, _files(reader), is_whole):
        is_empty = False
        if found.add(path, sample) and label is not None:
            texts.append(_read_label(path, reader, sample, label))
    if is_empty:
        check_kind(path, reader, TAR_ARCHIVE)
    if reader.links:
        images.leave_out(_LINKS, path)
    if reader.status == Status.TRUNCATED:
        images.leave_out(_CUT_OFF, f"{path}, {reader.reason}")
    elif reader.status != Status.OK:
        raise unreadable(path, reader, TAR_ARCHIVE)
    elif is_empty:
        images.leave_out(_EMPTY, path)
    elif not reader.is_whole:
        images.leave_out(_NO_END, path)
    labels = None if label is None else RawLabels.of_texts(*TextColumn.of(texts).codes())
    index = images.index([path], labels)
    return _Found(with_crops(index, reader) if crops else index, frozenset(found.kinds))


_LINKS = "archives have links, which were left out"
_CUT_OFF = "archives are cut off; their last sample was left out, and what came after it is not there"
_EMPTY = "archives have no samples; are they whole?"
_NO_END = "archives do not end as tar archives do; are they whole?"


def _files(reader: TarReader) -> Iterator[TarFile]:
    """Iterate over the name, offset and length of the files in an archive."""
    while not reader.done:
        names, ends, offsets, lengths = reader.read(_HEADERS)
        start = 0
        columns = (np.frombuffer(column, np.int64).tolist() for column in (ends, offsets, lengths))
        for end, offset, length in zip(*columns, strict=True):
            yield os.fsdecode(names[start:end]), offset, length
            start = end


def _read_label(path: str, reader: TarReader, sample: TarSample, kind: str) -> str:
    offset, length = sample.label_place(path, kind)
    contents = reader.contents(offset, length, MAX_LABEL_BYTES)
    name = f"{path}: {sample.key}.{kind}"
    if contents is None:
        raise ValueError(f"{name} cannot be read; has the archive changed?")
    return label_text(contents, name)
