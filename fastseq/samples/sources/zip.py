"""Samples from class folders in a zip archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from fastseq._types import StrPath
from fastseq.arguments import shown
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import RangesBuilder
from fastseq.samples.sources.class_folders import endings, read_class_folders
from fastseq.samples.sources.folder_walk import EXTENSIONS, LITTER, Entry, FolderWalk, WalkReport
from fastseq.samples.sources.zip_contents import ZipContents, joined, plain_name
from fastseq.urls import check_local

_ENCRYPTED = 1  # a bit of the flags
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_MAX_RATIO = 1040  # that of deflate is 1032


def read_zip(
    path: StrPath, folder: str | None, extensions: Iterable[str] | None, classes: Iterable[str] | None
) -> tuple[PathTable, Labels, WalkReport]:
    """Find the images and their classes, and what was left out; see `Samples.from_zip`."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the path of one zip archive, not {shown(path)}")
    kinds = endings(extensions)
    name = os.fspath(path)
    check_local(name, "path")
    contents = ZipContents(name)
    root = _outermost(contents, kinds or EXTENSIONS) if folder is None else plain_name(os.fspath(folder))
    if root not in contents:
        raise ValueError(f"{name} has no folder {folder!r}; {_similar(contents, root)}")
    folders = _ZipFolders(contents, root)
    walk = FolderWalk(folders, kinds)
    table, labels = read_class_folders(
        walk,
        f"{name}/{root}" if root else name,
        kinds,
        classes,
        folders.table,
        lambda part: f"pass folder={joined(root, part)!r}",
    )
    return table, labels, walk.report


def _outermost(contents: ZipContents, extensions: tuple[str, ...]) -> str:
    """The folder with the class folders: the outermost that has images in more than one folder, or images itself.

    Folders and files that a walk leaves out do not count.
    """
    root = ""
    while True:
        with_images = [
            joined(root, entry.name)
            for entry in contents.entries(root)
            if entry.is_folder and _is_visible(entry) and _has_images(contents, joined(root, entry.name), extensions)
        ]
        if _has_own_images(contents, root, extensions) or len(with_images) != 1:
            return root
        if _has_own_images(contents, with_images[0], extensions):
            return root
        (root,) = with_images


def _has_images(contents: ZipContents, folder: str, extensions: tuple[str, ...]) -> bool:
    waiting = [folder]
    while waiting:
        where = waiting.pop()
        if _has_own_images(contents, where, extensions):
            return True
        waiting += [
            joined(where, entry.name) for entry in contents.entries(where) if entry.is_folder and _is_visible(entry)
        ]
    return False


def _has_own_images(contents: ZipContents, folder: str, extensions: tuple[str, ...]) -> bool:
    return any(
        not entry.is_folder and entry.name.lower().endswith(extensions) and _is_visible(entry)
        for entry in contents.entries(folder)
    )


def _is_visible(entry: Entry) -> bool:
    return not entry.name.startswith(".") and entry.name.lower() not in LITTER


def _similar(contents: ZipContents, folder: str) -> str:
    similar = [name for name in contents.folders if name.endswith(f"/{folder}")]
    if similar:
        return f"did you mean {listed(similar)}?"
    return f"the folders are {listed([name for name in contents.folders if '/' not in name])}"


class _ZipFolders:
    """The folders below one in an archive, for a walk."""

    def __init__(self, contents: ZipContents, root: str) -> None:
        self._contents = contents
        self._root = root

    def entries(self, where: str) -> Iterator[Entry]:
        """See `Folders`."""
        return self._contents.entries(joined(self._root, where))

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
            what, member = f"{self._contents.path}: {name}", self._contents.member(name)
            inflated_size = member["size"] if _is_deflated(member, what) else None
            offset = self._contents.reader.contents_offset(member["header_offset"], member["compressed_size"])
            if offset < 0:
                raise ValueError(f"{what} is not where the archive's central directory says; is the archive whole?")
            ranges.add(offset, member["compressed_size"], inflated_size, member["crc32"], name)
        table = PathTable.from_strings([self._contents.path])
        versions = np.array([self._contents.reader.version], np.int64)
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
