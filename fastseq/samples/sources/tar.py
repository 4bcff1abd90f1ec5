"""Samples from tar archives in WebDataset's layout: the files of a sample are neighbours and share a name."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fastseq._native.shards import TarReader
from fastseq._types import StrPath
from fastseq._warn import warn_user
from fastseq.arguments import shown
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.csv_columns import TextColumn
from fastseq.samples.sources.dataframe import label_columns
from fastseq.samples.sources.folder_walk import EXTENSIONS, LeftOut
from fastseq.samples.sources.shard_paths import shard_paths
from fastseq.status import Status

_HEADERS = 1 << 14  # read at once, between two looks at signals
_MAX_LABEL_BYTES = 1 << 16
_IMAGES = tuple(ending.removeprefix(".") for ending in EXTENSIONS)
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


def read_tar(
    shards: StrPath | Iterable[StrPath],
    image: str | Sequence[str] | None,
    label: str | None,
    label_sep: str | None,
    classes: Iterable[object] | None,
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_tar`."""
    if label is not None and not isinstance(label, str):
        raise TypeError(f'label must be one kind of file such as "cls", or None, not {label!r}')
    paths = shard_paths(shards)
    fixed = label_columns(label, label_sep, classes)
    found = _Found(_extensions(image), None if label is None else label.removeprefix(".").lower())
    for number, path in enumerate(paths):
        found.add_shard(number, path)
    table = found.table(paths)
    if label is None:
        return table, Labels()
    labels = found.texts.labels(fixed, label_sep, f"label {found.label!r}")
    if fixed is None and labels.ambiguous_integers:
        _check_numbers(labels.classes or (), found.label or "")
    return table, labels


@dataclass
class _Sample:
    """The files of one sample: where each is in its shard, by the extension."""

    key: bytes
    files: dict[str, tuple[int, int]] = field(default_factory=dict)


class _Found:
    """The images and labels found so far."""

    def __init__(self, images: tuple[str, ...], label: str | None) -> None:
        self.label = label
        self.texts = TextColumn()
        self._images = images
        self._shards = array("i")
        self._offsets, self._lengths = array("q"), array("q")
        self._without_image = LeftOut()
        self._extensions: set[str] = set()

    def add_shard(self, number: int, path: str) -> None:
        with open(path, "rb") as file:
            _check_not_compressed(path, file.read(8))
            cells = []
            is_empty = True
            for sample in _samples(path):
                is_empty = False
                self._extensions.update(sample.files)
                place = self._image(path, sample)
                if place is None:
                    self._without_image.add(f"{path}: {os.fsdecode(sample.key)}")
                    continue
                self._shards.append(number)
                self._offsets.append(place[0])
                self._lengths.append(place[1])
                if self.label is not None:
                    cells.append(self._text(path, file.fileno(), sample))
            self.texts.add(cells)
        if is_empty:
            warn_user(f"{path} has no samples; is it whole?", SamplesWarning)

    def table(self, paths: Sequence[str]) -> PathTable:
        if not self._offsets:
            here = f"the files are of kind {listed(sorted(self._extensions))}" if self._extensions else "they are empty"
            raise ValueError(
                f"{listed(list(paths))}: no images of kind {' or '.join(self._images[:3])}; {here}. Name the kind: "
                "image=..."
            )
        if self._without_image.count:
            warn_user(f"left out as they have no image: {self._without_image}", SamplesWarning)
        table = PathTable.from_strings(paths)
        offsets, lengths = (np.frombuffer(column, np.int64) for column in (self._offsets, self._lengths))
        return PathTable(table.root, table.blob, table.offsets, np.frombuffer(self._shards, np.int32), offsets, lengths)

    def _image(self, path: str, sample: _Sample) -> tuple[int, int] | None:
        kinds = [kind for kind in self._images if kind in sample.files]
        if len(kinds) > 1:
            raise ValueError(
                f"{path}: the sample {os.fsdecode(sample.key)!r} has several images, {listed(kinds)}; name the kind of "
                f"those to load: image={kinds[0]!r}"
            )
        return sample.files[kinds[0]] if kinds else None

    def _text(self, path: str, descriptor: int, sample: _Sample) -> str:
        name = f"{path}: {os.fsdecode(sample.key)}"
        if self.label not in sample.files:
            raise ValueError(
                f"{name} has no {self.label!r}, its label; its files are of kind {listed(sorted(sample.files))}. The "
                "files of a sample must be neighbours in the archive, as tar --sort=name packs them"
            )
        offset, length = sample.files[self.label]
        if length > _MAX_LABEL_BYTES:
            raise ValueError(f"{name}.{self.label} has {length:,} bytes, too many for a label")
        contents = os.pread(descriptor, length, offset)
        try:
            return contents.decode()
        except UnicodeDecodeError:
            raise ValueError(f"{name}.{self.label} is not text: {shown(contents[:20])}") from None


def _samples(path: str) -> Iterator[_Sample]:
    """Iterate over the samples of a shard."""
    sample = _Sample(b"")
    for name, offset, length in _members(path):
        folder, _, base = name.rpartition(b"/")
        stem, dot, extension = base.partition(b".")
        if not stem or not dot:  # hidden files, and files without a kind
            continue
        key = folder + b"/" + stem if folder else stem
        if key != sample.key:
            if sample.files:
                yield sample
            sample = _Sample(key)
        kind = os.fsdecode(extension).lower()
        if kind in sample.files:
            raise ValueError(f"{path}: the sample {os.fsdecode(key)!r} has two files of kind {kind!r}")
        sample.files[kind] = offset, length
    if sample.files:
        yield sample


def _members(path: str) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over the name, offset and length of the files in a shard."""
    reader = TarReader(os.fsencode(path))
    while not reader.done:
        names, ends, offsets, lengths = reader.read(_HEADERS)
        start = 0
        columns = (np.frombuffer(column, np.int64).tolist() for column in (ends, offsets, lengths))
        for end, offset, length in zip(*columns, strict=True):
            yield names[start:end], offset, length
            start = end
    if reader.status == Status.TRUNCATED:
        warn_user(f"{path} is cut off: {reader.reason}; download it again", SamplesWarning)
    elif reader.status != Status.OK:
        raise ValueError(f"{path} cannot be read as a tar archive: {reader.reason}")


def _extensions(image: str | Sequence[str] | None) -> tuple[str, ...]:
    if image is None:
        return _IMAGES
    kinds = [image] if isinstance(image, str) else list(image)
    if not kinds or not all(isinstance(kind, str) and kind for kind in kinds):
        raise ValueError(f'image must be a kind of file such as "jpg", or a list of them, not {image!r}')
    return tuple(kind.removeprefix(".").lower() for kind in kinds)


def _check_not_compressed(path: str, head: bytes) -> None:
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            raise ValueError(
                f"{path} is compressed by {name}, so that images in it cannot be read one by one; unpack it to a plain "
                "tar archive: JPEGs hardly shrink"
            )


def _check_numbers(classes: Sequence[str], label: str) -> None:
    """Warn where the numbers of classes are not those in the files."""
    if any(name != str(number) for number, name in enumerate(classes)):
        warn_user(
            f"the numbers in {label!r} are not 0, 1, 2, ... without a gap, so class numbers are their places among "
            f"{listed(list(classes))}; to keep them, pass classes=range(n) for n classes",
            SamplesWarning,
        )
