"""One shard of a pack: read, made what the settings say, and written."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq._native.contents import crc32c
from fastseq._native.shards import crop_index
from fastseq.errors import BadSample
from fastseq.packing.contents import read_contents
from fastseq.packing.destination import Destination
from fastseq.packing.images import ImagePacker, PackedImage
from fastseq.packing.part import Part
from fastseq.packing.settings import PackSettings
from fastseq.packing.tar_writer import TarWriter
from fastseq.samples import Samples
from fastseq.samples.index.index_file import NotAnIndexError
from fastseq.samples.multi_hot import MultiHot
from fastseq.status import Status

_READ = 1 << 20


@dataclass(frozen=True)
class ShardTask:
    """Makes one shard, and can be pickled: a task of `fastseq.executors`.

    Attributes:
        plan: a hash of the whole pack's samples and settings.
        shard: the number of the shard.
        numbers: int64 (n,), the samples' numbers in the set, in the order of the shard.
        first: the place of the first one in the pack.
        samples: these samples, in this order; the table has no other rows: image j of sample i is row i + n * j.
        settings: of the pack.
        destination: where it is written to.
        is_there: whether a shard of this number may be there already.
    """

    plan: str
    shard: int
    numbers: NDArray[np.int64]
    first: int
    samples: Samples
    settings: PackSettings
    destination: Destination
    is_there: bool

    def __call__(self) -> Part:
        """Write the shard, unless it is there, whole.

        Raises:
            DecodeError: for the first bad sample, if the settings say so.
            OSError: if it cannot be written.
        """
        if self.is_there and (part := self._finished()) is not None:
            return part
        with self.destination.scratch() as folder:
            images = _Spill(folder / "images")
            try:
                reports = self._read(images)
                part = self._write(images, reports, folder / "shard")
            finally:
                images.close()
            self.destination.publish(folder / "shard", shard_name(self.shard))
            part.write(folder / "part")
            self.destination.publish(folder / "part", part_name(self.shard))
        return part

    def _finished(self) -> Part | None:
        """The part of the shard that is there; None if it is not what it should be."""
        try:
            with self.destination.file(part_name(self.shard)) as path:
                part = Part.read(path)
            if (part.plan, part.shard) != (self.plan, self.shard):
                return None
            with self.destination.file(shard_name(self.shard)) as path:
                return part if (part.size, part.crc) == size_and_crc(path) else None
        except (OSError, NotAnIndexError):
            return None

    def _read(self, images: _Spill) -> dict[int, BadSample]:
        """Read all images; returns the bad and the recovered samples by their place."""
        packer, table, n = ImagePacker(self.settings), self.samples.table, len(self.numbers)
        reports: dict[int, BadSample] = {}
        for row, data, status, detail in read_contents(table, packer.max_bytes):
            packed = PackedImage(None, "", status, detail)
            if data is not None:
                images.bytes_read += len(data)
                packed = packer.pack(data, row < n)
            if packed.data is not None:
                images.add(row, packed)
            if packed.status == Status.OK:
                continue
            place = row % n
            report = BadSample(int(self.numbers[place]), table.path(row), packed.status, packed.detail)
            if not report.is_good and self.settings.on_error == "raise":
                raise report.to_error()
            if place not in reports or reports[place].is_good:
                reports[place] = report
        return reports

    def _write(self, images: _Spill, reports: dict[int, BadSample], path: Path) -> Part:
        names, n = self.samples.inputs.image_names, len(self.numbers)
        count = self.samples.inputs.image_count
        good = np.array([place for place in range(n) if place not in reports or reports[place].is_good], np.int64)
        offsets, lengths, crcs, crop_sizes = (np.zeros((count, len(good)), np.int64) for _ in range(4))
        crops: list[list[bytes]] = [[] for _ in range(count)]
        ends = np.zeros(len(good), np.int64)
        described = _Descriptions(self.samples)
        with open(path, "wb") as file:
            tar = TarWriter(file)
            for i, place in enumerate(good.tolist()):
                key = f"{self.first + place:09}"
                for j in range(count):
                    kind, data = images.get(place + n * j)
                    name = f"{member_name(names[j])}.{kind}" if names else kind
                    offsets[j, i] = tar.add(f"{key}.{name}", data)
                    lengths[j, i], crcs[j, i] = len(data), crc32c(data)
                    if self.settings.crops:
                        crops[j].append(crop_index(data))
                        crop_sizes[j, i] = len(crops[j][-1])
                for kind, text in described.of(place):
                    tar.add(f"{key}.{kind}", text.encode())
                ends[i] = tar.size
            tar.end()
        listed = sorted(reports.values(), key=lambda report: report.index)
        numbers = self.numbers[good]
        facts = (self.plan, self.shard, tar.size, tar.crc, images.bytes_read)
        crop_rows = np.frombuffer(b"".join(chain.from_iterable(crops)), np.uint8)
        return Part(*facts, numbers, offsets, lengths, crcs, crop_sizes, crop_rows, ends, listed)


def shard_name(number: int) -> str:
    """The name of a shard's file."""
    return f"shard-{number:06}.tar"


def part_name(number: int) -> str:
    """The name of the file with what is known of a shard."""
    return f"shard-{number:06}.part"


def member_name(name: str) -> str:
    """The name of an input as a part of a file's name."""
    return re.sub(r"[^a-z0-9_-]", "_", name.lower()) or "_"


def size_and_crc(path: Path) -> tuple[int, int]:
    """The size and the CRC-32C of a file."""
    size = crc = 0
    with open(path, "rb") as file:
        while data := file.read(_READ):
            size += len(data)
            crc = crc32c(data, crc)
    return size, crc


class _Place(NamedTuple):
    kind: str
    offset: int
    length: int


class _Spill:
    """Images on disk until they are put in their order.

    Attributes:
        bytes_read: of the images that they were made of.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "w+b")  # noqa: SIM115 - until `close`
        self._places: dict[int, _Place] = {}
        self._size = 0
        self.bytes_read = 0

    def add(self, row: int, image: PackedImage) -> None:
        assert image.data is not None
        self._places[row] = _Place(image.kind, self._size, len(image.data))
        self._file.write(image.data)
        self._size += len(image.data)

    def get(self, row: int) -> tuple[str, bytes]:
        """The kind and the contents of an image."""
        kind, offset, length = self._places[row]
        self._file.seek(offset)
        return kind, self._file.read(length)

    def close(self) -> None:
        self._file.close()


class _Descriptions:
    """Labels and columns as files of text, as `webdataset` decodes them: a class number as .cls, all else as .json."""

    def __init__(self, samples: Samples) -> None:
        self._labels = samples.labels
        self._classes = samples.classes
        self._columns = samples.columns

    def of(self, place: int) -> list[tuple[str, str]]:
        """The kind and the text of each file that describes a sample."""
        files, record = [], dict[str, Any]()
        label = None if self._labels is None else self._labels[place]
        if label is not None and self._classes is not None and not isinstance(self._labels, MultiHot):
            files.append(("cls", str(int(label))))
        elif label is not None and self._classes is not None:
            record["label"] = [self._classes[i] for i in np.flatnonzero(label).tolist()]
        elif label is not None:
            record["label"] = np.asarray(label).tolist()
        for name, column in self._columns.items():
            record[name] = np.asarray(column[place]).tolist()
        if record:
            files.append(("json", json.dumps(record, allow_nan=False)))
        return files


def check_names(image_names: Sequence[str], columns: Sequence[str]) -> None:
    """ValueError if two images, or a column and the label, would have the same name in a shard."""
    by_member = defaultdict(list)
    for name in image_names:
        by_member[member_name(name)].append(name)
    for alike in by_member.values():
        if len(alike) > 1:
            raise ValueError(f"the inputs {alike[0]!r} and {alike[1]!r} would have one name in a shard: rename one")
    if "label" in columns:
        raise ValueError("the column 'label' would have the name of the label in a shard: rename it")
