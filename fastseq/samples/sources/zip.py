"""Samples from class folders in a zip archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.class_folders import endings, read_class_folders
from fastseq.samples.sources.folder_walk import LITTER, Entry, FolderWalk, WalkReport
from fastseq.samples.sources.zip_directory import ZipDirectory, joined, plain_name
from fastseq.urls import check_local

_ENCRYPTED = 1  # a bit of the flags
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_MAX_RATIO = 1040  # that of deflate is 1032


def read_zip(
    path: StrPath, folder: str | None, extensions: Iterable[str] | None, classes: Iterable[str] | None
) -> tuple[PathTable, Labels, WalkReport]:
    """Find the images and their classes, and what was left out; see `Samples.from_zip`."""
    kinds = endings(extensions)
    name = os.fspath(path)
    check_local(name, "path")
    directory = ZipDirectory(name)
    root = _outermost(directory, "") if folder is None else plain_name(folder)
    if root not in directory:
        raise ValueError(f"{name} has no folder {folder!r}; the folders are {listed(directory.folders_in(''))}")
    folders = _ZipFolders(directory, root)
    walk = FolderWalk(folders, kinds)
    table, labels = read_class_folders(
        walk,
        f"{name}/{root}" if root else name,
        kinds,
        classes,
        folders.table,
        f"pass that of one: folder={joined(root, '{}')!r}",
    )
    return table, labels, walk.report


def _outermost(directory: ZipDirectory, where: str) -> str:
    """The folder with the class folders: `where` or, if that has one folder alone that has nothing but folders, that.

    Hidden files, litter and empty folders do not count.
    """
    visible = [entry for entry in directory.entries(where) if entry.name[0] != "." and entry.name.lower() not in LITTER]
    if len(visible) != 1 or not visible[0].is_folder:
        return where
    only = joined(where, visible[0].name)
    inside = [entry for entry in directory.entries(only) if entry.name[0] != "."]
    return _outermost(directory, only) if inside and all(entry.is_folder for entry in inside) else where


class _ZipFolders:
    """The folders below one in an archive, for a walk."""

    def __init__(self, directory: ZipDirectory, root: str) -> None:
        self._directory = directory
        self._root = root

    def entries(self, where: str) -> Iterator[Entry]:
        """See `Folders`."""
        return self._directory.entries(joined(self._root, where))

    def identity(self, where: str) -> tuple[int, int]:
        """See `Folders`."""
        raise NotImplementedError("archives have no links to folders")

    def table(self, chunks: Iterable[list[str]]) -> PathTable:
        """A table of images, whose names are relative to the root.

        Raises:
            ValueError: if one of them cannot be read.
        """
        ranges = RangesBuilder()
        for name in (joined(self._root, name) for names in chunks for name in names):
            what, member = f"{self._directory.path}: {name}", self._directory.member(name)
            inflated_size = member["size"] if _is_deflated(member, what) else None
            offset = self._directory.reader.contents_offset(member["header_offset"], member["compressed_size"])
            if offset < 0:
                raise ValueError(f"{what} is not where the archive's directory says; is the archive whole?")
            ranges.add(offset, member["compressed_size"], inflated_size, member["crc32"])
        table = PathTable.from_strings([self._directory.path])
        versions = np.array([self._directory.reader.version], np.int64)
        return replace(table, path_numbers=np.zeros(len(ranges), np.int32), ranges=ranges.ranges(), versions=versions)


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
