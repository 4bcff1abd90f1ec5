"""Samples from class folders, on a disk or in an archive, the files in Keras's order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import Labels, checked_classes, class_order, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.folder_walk import EXTENSIONS, FolderWalk

_PARTS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing"))


def endings(extensions: Iterable[str] | None) -> tuple[str, ...] | None:
    """The extensions that a user passed, in lower case. TypeError if they are a single string."""
    if isinstance(extensions, str):
        raise TypeError(f'extensions must be a list like [".jpg"], not the string {extensions!r}')
    return None if extensions is None else tuple(ending.lower() for ending in extensions)


def read_class_folders(
    walk: FolderWalk,
    root: str,
    extensions: tuple[str, ...] | None,
    classes: Iterable[str] | None,
    make_table: Callable[[Iterator[list[str]]], PathTable],
    how_to_read: Callable[[str], str],
) -> tuple[PathTable, Labels]:
    """Find the images and their classes; see `Samples.from_directory`.

    Args:
        walk: through the folder with the class folders; its report gets the classes without images.
        root: what messages call that folder.
        extensions: those that the walk looks for.
        classes: the folders to use, in order; None for all, sorted.
        make_table: makes a table of the images, which arrive folder by folder, relative to the root.
        how_to_read: what to do to read a folder in the root instead, given its name.

    Raises:
        OSError: if a folder cannot be read.
        ValueError: if there are no images or no class folders, or if `classes` names a folder that does not exist.
    """
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
    if classes is None and folders and _PARTS.issuperset(map(str.lower, folders)):
        warn_user(
            f"{root}: the class folders are {listed(folders)}. If they are not classes but parts of the set, read one "
            f"of them: {how_to_read(folders[0])}",
            SamplesWarning,
        )
    counts = np.zeros(len(folders), np.int64)
    below: set[str] = set()  # the folders with images in the first class folder that has any

    def chunks() -> Iterator[list[str]]:
        for number, folder in enumerate(folders):
            for files in walk.images(folder):
                counts[number] += len(files)
                if files and counts[:number].sum() == 0:
                    below.update(_folder_below(folder, files[0]))
                yield files

    table = make_table(chunks())
    if classes is None and np.count_nonzero(counts) == 1 and len(below) > 1:
        (only,) = (folder for folder, count in zip(folders, counts, strict=True) if count)
        warn_user(
            f"{root}: all images are in the class folder {only!r}, which has the folders {listed(sorted(below))}. If "
            f"these are the classes, {how_to_read(only)}",
            SamplesWarning,
        )
    if not len(table):
        text = f"{root}: no folder in it has a file that ends in {', '.join(extensions or EXTENSIONS)}"
        raise ValueError("; ".join([text, *walk.report.lines()]))
    empty = tuple(folder for folder, count in zip(folders, counts, strict=True) if not count)
    walk.report.empty_classes = empty
    return table, Labels(np.repeat(np.arange(len(folders)), counts), folders, empty_classes=empty)


def _folder_below(class_folder: str, image: str) -> tuple[str, ...]:
    """The folder in a class folder that an image is in, if it is in one."""
    folder, *rest = image.removeprefix(class_folder).lstrip(os.sep).split(os.sep)
    return (folder,) if rest else ()
