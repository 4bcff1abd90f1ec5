"""Samples from a folder with one sub-folder for each class, the files in Keras's order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels
from fastseq.samples.index.folder_index import find_folder_index
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.class_folders import endings, read_class_folders
from fastseq.samples.sources.folder_walk import DiskFolders, Folders, FolderWalk, WalkReport
from fastseq.samples.sources.object_folders import ObjectFolders
from fastseq.urls import check_local, folder_url, is_url


def read_directory(
    path: StrPath,
    *,
    extensions: Iterable[str] | None = None,
    classes: Iterable[str] | None = None,
    follow_links: bool = False,
    advance: Callable[[int], None] | None = None,
) -> tuple[PathTable, Labels, WalkReport]:
    """Find the files and their classes, and what was left out; see `Samples.from_directory`.

    `advance`, if given, is called with the number of images in each folder.
    """
    kinds = endings(extensions)
    root = os.fspath(path)
    if root.lower().startswith("file://"):
        check_local(root, "path")
    if is_url(root):
        root = folder_url(root.rstrip("/"), "path")
    folders: Folders = ObjectFolders(root) if is_url(root) else DiskFolders(root)
    walk = FolderWalk(folders, kinds, follow_links, advance)
    table, labels = read_class_folders(
        walk,
        root,
        kinds,
        classes,
        lambda chunks: PathTable.from_chunks(chunks, root),
        lambda part: f"pass {os.path.join(root, part)!r}",
    )
    index = None if is_url(root) else find_folder_index(root)
    if index is not None:
        table = replace(table, crops=index.of_table(table))
    return table, labels, walk.report
