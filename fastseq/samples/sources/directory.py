"""Samples from a folder with one sub-folder for each class, the files in Keras's order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, checked_classes, class_order, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.folder_walk import EXTENSIONS, FolderWalk, WalkReport
from fastseq.urls import check_local


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
    if isinstance(extensions, str):
        raise TypeError(f'extensions must be a list like [".jpg"], not the string {extensions!r}')
    root = os.fspath(path)
    check_local(root, "path")
    endings = None if extensions is None else tuple(ending.lower() for ending in extensions)
    walk = FolderWalk(root, endings, follow_links, advance)
    found = walk.class_folders()
    folders = class_order(found, root) if classes is None else checked_classes(classes)
    absent = [name for name in folders if name not in found]
    if absent:
        raise ValueError(
            f"{root}: no folders for the classes {listed(absent)}; the folders are {listed(found)}. Make an empty "
            "folder for a class that has no images here"
        )
    if not folders and walk.report.loose.count:
        raise ValueError(
            f"{root} has images but no class folders; make a folder for each class, or use Samples.from_files"
        )
    counts = np.zeros(len(folders), np.int64)

    def chunks() -> Iterator[list[str]]:
        for number, folder in enumerate(folders):
            for files in walk.images(folder):
                counts[number] += len(files)
                yield files

    table = PathTable.from_chunks(chunks(), root)
    if not len(table):
        text = (
            f"{root}: no folder in it has a file that ends in {', '.join(EXTENSIONS if endings is None else endings)}"
        )
        raise ValueError("; ".join([text, *walk.report.lines()]))
    empty = tuple(folder for folder, count in zip(folders, counts, strict=True) if not count)
    walk.report.empty_classes = empty
    numbers = np.repeat(np.arange(len(folders)), counts)
    return table, Labels(numbers, folders, empty_classes=empty), walk.report
