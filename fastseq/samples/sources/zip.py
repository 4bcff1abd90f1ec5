"""Samples from class folders in a zip archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from fastseq._types import StrPath
from fastseq.arguments import shown
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.class_folders import endings, read_class_folders
from fastseq.samples.sources.folder_walk import EXTENSIONS, LITTER, Entry, FolderWalk, WalkReport
from fastseq.samples.sources.zip_contents import ZipContents, joined, plain_name
from fastseq.samples.sources.zip_images import ZipImages
from fastseq.urls import is_url, object_url


def read_zip(
    path: StrPath, folder: str | None, extensions: Iterable[str] | None, classes: Iterable[str] | None
) -> tuple[PathTable, Labels, WalkReport]:
    """Find the images and their classes, and what was left out; see `Samples.from_zip`."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the path of one zip archive, not {shown(path)}")
    kinds = endings(extensions)
    name = os.fspath(path)
    contents = ZipContents(object_url(name, "path") if is_url(name) else name)
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
        images = ZipImages(self._contents)
        for name in (name for names in chunks for name in names):
            images.add(joined(self._root, name))
        return images.table()
