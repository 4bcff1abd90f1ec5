"""Where the images in a zip archive are."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.blocks import Blocks
from fastseq.samples.class_labels import listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.zip_contents import ZipContents, joined, plain_name
from fastseq.urls import is_url

_ENCRYPTED = 1  # a bit of the flags
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_MAX_RATIO = 1040  # that of deflate is 1032


class ZipImages:
    """The images found so far in an archive."""

    def __init__(self, contents: ZipContents) -> None:
        self._contents = contents
        self._ranges = RangesBuilder()

    def add(self, name: str) -> None:
        """Add the file of a name that is in the archive.

        Raises:
            ValueError: if it cannot be read.
        """
        what, member = f"{self._contents.path}: {name}", self._contents.member(name)
        inflated_size = member["size"] if _is_deflated(member, what) else None
        offset = self._contents.reader.contents_offset(member["header_offset"], member["compressed_size"])
        if offset < 0:
            raise ValueError(f"{what} is not where the archive's central directory says; is the archive whole?")
        self._ranges.add(offset, member["compressed_size"], inflated_size, member["crc32"], name)

    def table(self) -> PathTable:
        """A table of them; nothing can be added after that."""
        ranges, numbers = self._ranges.ranges(), np.zeros(len(self._ranges), np.int32)
        return replace(
            PathTable.from_strings([self._contents.path]),
            path_numbers=numbers,
            ranges=ranges,
            blocks=Blocks.of_images(numbers, ranges.offsets, ranges.lengths) if len(ranges) else None,
            versions=np.array([self._contents.reader.version], np.int64),
        )


class ArchiveRoot:
    """A root of paths that is a zip archive, or a folder in one: "photos.zip" or "photos.zip/train"."""

    def __init__(self, archive: str, folder: str) -> None:
        """Read the archive's central directory. OSError or ValueError as for `ZipContents`."""
        self._contents = ZipContents(archive)
        self._folder = plain_name(folder)

    @classmethod
    def of(cls, root: StrPath | None) -> ArchiveRoot | None:
        """The archive that a root is, or is in; None if it is a folder on a disk."""
        whole = "" if root is None else os.fsdecode(root)
        if is_url(whole):
            return None
        archive = whole
        while archive and not os.path.exists(archive):
            archive = os.path.dirname(archive)
        return cls(archive, whole[len(archive) :]) if os.path.isfile(archive) else None

    def locate(self, table: PathTable, what: str) -> PathTable:
        """A table of the files in the archive that the paths of a table name.

        Args:
            table: paths relative to the root.
            what: the name of the paths in messages.

        Raises:
            ValueError: if one of them is not in the archive, or cannot be read.
        """
        images = ZipImages(self._contents)
        for row in range(len(table)):
            relative = plain_name(table.path(row))
            name = joined(self._folder, relative)
            if not self._contents.has_file(name):
                absent = f"{self._contents.path} has no file {name!r}"
                raise ValueError(f"{what}, row {row} (counted from 0): {absent}{self._hint(name, relative)}")
            images.add(name)
        return images.table()

    def _hint(self, name: str, relative: str) -> str:
        contents = self._contents
        folders = [folder for folder in ("", *contents.folders) if contents.has_file(joined(folder, relative))]
        if folders:
            return f"; did you mean root={joined(contents.path, folders[0])!r}?"
        return f"; there are {listed(sorted(entry.name for entry in contents.entries(contents.nearest(name))))}"


def _is_deflated(member: dict[str, int], what: str) -> bool:
    """Whether a file in an archive is deflated.

    Raises:
        ValueError: if it is neither that nor stored, if it is encrypted, or if its size cannot be true.
    """
    if member["flags"] & _ENCRYPTED:
        raise ValueError(f"{what} is encrypted; unpack the archive, or pack it anew without a password")
    method, size, compressed_size = member["method"], member["size"], member["compressed_size"]
    if method not in (_STORED, _DEFLATED):
        raise ValueError(
            f"{what} is compressed by {_METHODS.get(method, f'method {method}')}, which is not read; unpack the "
            "archive, or pack it anew with zip -0, which stores files as they are"
        )
    if size > _MAX_RATIO * compressed_size or (method == _STORED and size != compressed_size):
        raise ValueError(f"{what}: {compressed_size:,} bytes cannot hold {size:,}; the archive is damaged")
    return method == _DEFLATED
