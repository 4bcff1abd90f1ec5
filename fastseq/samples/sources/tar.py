"""Samples from tar archives in WebDataset's layout: the files of a sample are neighbours and share a name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fastseq._native.shards import TarReader
from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.index.find import index_of
from fastseq.samples.index.kept_index import ShardsToIndex
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.csv_columns import TextColumn
from fastseq.samples.sources.dataframe import label_columns
from fastseq.samples.sources.folder_walk import EXTENSIONS
from fastseq.samples.sources.label_text import MAX_LABEL_BYTES, encoded_text, label_text, too_long
from fastseq.samples.sources.shard_errors import TAR_ARCHIVE, check_is_file, check_kind, check_open, unreadable
from fastseq.samples.sources.shard_files import ShardFile, index_command, shard_files
from fastseq.samples.sources.shard_images import ShardImages
from fastseq.samples.sources.shard_paths import shard_paths
from fastseq.status import Status

_HEADERS = 256  # read at once, between two looks at signals: each may take milliseconds on a network
_KINDS = tuple(ending.removeprefix(".") for ending in EXTENSIONS)


def read_tar(
    shards: StrPath | Iterable[StrPath],
    image: str | Sequence[str] | None,
    label: str | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_tar`."""
    label = _label_kind(label)
    fixed = label_columns(label, label_sep, classes)
    shards_to_index = tar_shards(shards, image, label)
    index = index_of(shards_to_index)
    index.warn()
    if label is None or index.labels is None or index.labels.texts is None:
        return index.table(), Labels()
    return index.table(), encoded_text(index.labels, fixed, label_sep, f"label {label!r}", label)


def tar_shards(
    shards: StrPath | Iterable[StrPath], image: str | Sequence[str] | None, label: str | None
) -> ShardsToIndex:
    """Archives, and how they are indexed; see `Samples.from_tar`."""
    label = _label_kind(label)
    image_kinds = _image_kinds(image)
    paths = shard_paths(shards)

    def make(advance: Callable[[], None]) -> ShardIndex:
        scan = _Scan(image_kinds, label)
        for shard in shard_files(paths):
            scan.add_shard(shard)
            advance()
        scan.check_found(paths)
        return scan.images.index(paths, None if label is None else RawLabels(*scan.labels.codes()))

    command = index_command(shards, None if image is None else ";".join(image_kinds), label)
    return ShardsToIndex("tar", {"image": image_kinds, "label": label}, tuple(paths), make, command)


@dataclass
class _Sample:
    """The files of one sample: where each is in its shard, its length and its name, by its kind."""

    key: str
    files: dict[str, tuple[int, int, str]] = field(default_factory=dict)


class _Scan:
    """The images and labels found so far."""

    def __init__(self, image_kinds: tuple[str, ...], label: str | None) -> None:
        self.images = ShardImages()
        self.labels = TextColumn()
        self._image_kinds = image_kinds
        self._label = label
        self._kinds: set[str] = set()

    def add_shard(self, shard: ShardFile) -> None:
        check_is_file(shard.path)
        path, reader, texts, is_empty = shard.name, TarReader(os.fsencode(shard.path)), [], True
        check_open(path, reader)
        self.images.add_shard(reader.version, shard.info)
        for sample in self._samples(path, reader):
            is_empty = False
            self._kinds.update(sample.files)
            place = self._image_place(path, sample)
            if place is None:
                self.images.leave_out(_NO_IMAGE, f"{path}: {sample.key}")
                continue
            self.images.add(*place)
            if self._label is not None:
                texts.append(_read_label(path, reader, sample, self._label))
        self.labels.add(texts)
        if is_empty:
            check_kind(path, reader, TAR_ARCHIVE)
        if reader.links:
            self.images.leave_out(_LINKS, path)
        if reader.status == Status.TRUNCATED:
            self.images.leave_out(_CUT_OFF, f"{path}, {reader.reason}")
        elif reader.status != Status.OK:
            raise unreadable(path, reader, TAR_ARCHIVE)
        elif is_empty:
            self.images.leave_out(_EMPTY, path)
        elif not reader.is_whole:
            self.images.leave_out(_NO_END, path)

    def check_found(self, paths: Sequence[str]) -> None:
        """ValueError if there are no images."""
        if not self.images:
            here = f"the files are of kind {listed(sorted(self._kinds))}" if self._kinds else "they have no samples"
            raise ValueError(
                f"{listed(list(paths))}: no images of kind {' or '.join(self._image_kinds[:3])}; {here}. A kind is "
                "what follows the first dot of a name; name that of the images: image=..."
            )

    def _samples(self, path: str, reader: TarReader) -> Iterator[_Sample]:
        """Iterate over the samples of a shard; not the last one where the shard is cut off in it."""
        sample = _Sample("")
        for name, offset, length in _files(reader):
            folder, _, base = name.rpartition("/")
            stem, _, kind = base.partition(".")
            if not stem or not kind:
                self.images.leave_out(_NO_KIND, f"{path}: {name}")
                continue
            key = f"{folder}/{stem}" if folder else stem
            if key != sample.key:
                if sample.files:
                    yield sample
                sample = _Sample(key)
            kind = kind.lower()
            if kind in sample.files:
                raise ValueError(f"{path}: the sample {key!r} has two files of kind {kind!r}")
            if any(other.rpartition(".")[2] == kind.rpartition(".")[2] in self._image_kinds for other in sample.files):
                self.images.leave_out(_SAME_SAMPLE, f"{path}: {name}")
            sample.files[kind] = offset, length, name
        lacks_label = self._label is not None and self._label not in sample.files
        if sample.files and (reader.is_whole or (reader.status == Status.OK and not lacks_label)):
            yield sample

    def _image_place(self, path: str, sample: _Sample) -> tuple[int, int, str] | None:
        kinds = [kind for kind in self._image_kinds if kind in sample.files]
        if len(kinds) > 1:
            raise ValueError(
                f"{path}: the sample {sample.key!r} has several images, {listed(kinds)}; name the kind of those to "
                f"load: image={kinds[0]!r}"
            )
        return sample.files[kinds[0]] if kinds else None


_NO_IMAGE = "samples without an image were left out"
_NO_KIND = "files without a dot in their name, or with one at its start, were left out"
_SAME_SAMPLE = "further images of a sample were left out, as the sample's name ends at the first dot"
_LINKS = "archives have links, which were left out"
_CUT_OFF = "archives are cut off; their last sample was left out, and what came after it is not there"
_EMPTY = "archives have no samples; are they whole?"
_NO_END = "archives do not end as tar archives do; are they whole?"


def _files(reader: TarReader) -> Iterator[tuple[str, int, int]]:
    """Iterate over the name, offset and length of the files in an archive."""
    while not reader.done:
        names, ends, offsets, lengths = reader.read(_HEADERS)
        start = 0
        columns = (np.frombuffer(column, np.int64).tolist() for column in (ends, offsets, lengths))
        for end, offset, length in zip(*columns, strict=True):
            yield os.fsdecode(names[start:end]), offset, length
            start = end


def _read_label(path: str, reader: TarReader, sample: _Sample, kind: str) -> str:
    name = f"{path}: {sample.key}"
    if kind not in sample.files:
        raise ValueError(
            f"{name} has no {kind!r}, its label; its files are of kind {listed(sorted(sample.files))}. The "
            "files of a sample must be neighbours in the archive, as tar --sort=name packs them"
        )
    offset, length, _ = sample.files[kind]
    if length > MAX_LABEL_BYTES:
        raise too_long(f"{name}.{kind}", length)
    contents = reader.contents(offset, length, MAX_LABEL_BYTES)
    if contents is None:
        raise ValueError(f"{name}.{kind} cannot be read; has the archive changed?")
    return label_text(contents, f"{name}.{kind}")


def _image_kinds(image: str | Sequence[str] | None) -> tuple[str, ...]:
    if image is None:
        return _KINDS
    kinds = image.split(";") if isinstance(image, str) else list(image)  # "jpg;png" as in WebDataset
    if not kinds or not all(isinstance(kind, str) and kind for kind in kinds):
        raise ValueError(f'image must be a kind of file such as "jpg", or a list of them, not {image!r}')
    return tuple(kind.removeprefix(".").lower() for kind in kinds)


def _label_kind(label: str | None) -> str | None:
    if label is None:
        return None
    if not isinstance(label, str):
        raise TypeError(f'label must be one kind of file such as "cls", or None, not {label!r}')
    kind = label.removeprefix(".").lower()
    if kind.rpartition(".")[2] in ("json", "pyd", "npy", "pkl"):
        raise ValueError(f"label={label!r}: only files of text are read as labels, such as .cls and .txt")
    return kind
