"""Where the images in a zip archive are."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.blocks import Blocks
from fastseq.samples.class_labels import listed
from fastseq.samples.member_header import MEMBER_HEADER
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.zip_contents import ZipContents, joined, plain_name
from fastseq.urls import is_url, object_url

_ENCRYPTED = 1  # a bit of the flags
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_ARCHIVE_URL = re.compile(r"(.*?\.zip)(/.*)?", re.IGNORECASE)
_MAX_RATIO = 1040  # that of deflate is 1032
_MAX_MEMBER_HEADER = MEMBER_HEADER + 2 * 0xFFFF  # with a name and extra fields


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
        offset = self._offset(member["header_offset"], member["compressed_size"])
        if offset < 0:
            raise ValueError(f"{what} is not where the archive's central directory says; is the archive whole?")
        self._ranges.add(offset, member["compressed_size"], inflated_size, member["crc32"], name)

    def _offset(self, header_offset: int, compressed_size: int) -> int:
        """Where the contents of a member begin, or for remote ones its header; -1 if they cannot be there."""
        info, reader = self._contents.info, self._contents.reader
        if info is None:
            return reader.contents_offset(header_offset, compressed_size)
        return header_offset if header_offset + MEMBER_HEADER + compressed_size <= reader.directory_offset else -1

    def table(self) -> PathTable:
        """A table of them; nothing can be added after that."""
        contents, ranges = self._contents, self._ranges.ranges()
        numbers, info, sizes = np.zeros(len(ranges), np.int32), contents.info, ranges.lengths
        if info is None:
            table, version = PathTable.from_strings([contents.path]), contents.reader.version
        else:
            table, version = PathTable.from_urls([contents.path], [info.etag]), (info.size, 0)
            sizes = np.minimum(contents.ends(ranges.offsets) - ranges.offsets, sizes + _MAX_MEMBER_HEADER)
        return replace(
            table,
            path_numbers=numbers,
            ranges=ranges,
            blocks=Blocks.of_images(numbers, ranges.offsets, sizes) if len(ranges) else None,
            versions=np.array([version], np.int64),
            has_member_headers=info is not None,
        )


class ArchiveRoot:
    """A root of paths that is a zip archive, or a folder in one: "photos.zip" or "photos.zip/train"."""

    def __init__(self, archive: str, folder: str) -> None:
        """Read the archive's central directory. OSError or ValueError as for `ZipContents`."""
        self._contents = ZipContents(archive)
        self._folder = plain_name(folder)

    @classmethod
    def of(cls, root: StrPath | None) -> ArchiveRoot | None:
        """The archive that a root is, or is in, by its name if it is a URL; None if it is a folder."""
        whole = "" if root is None else os.fsdecode(root)
        if is_url(whole):
            remote = _ARCHIVE_URL.fullmatch(whole)
            return remote and cls(object_url(remote[1], "root"), remote[2] or "")
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
