"""Samples from a folder with one sub-folder for each class, in Keras's order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, class_names, listed
from fastseq.samples.path_table import PathTable

EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def read_directory(
    path: StrPath,
    *,
    extensions: Iterable[str] = EXTENSIONS,
    classes: Iterable[str] | None = None,
    follow_links: bool = False,
) -> tuple[PathTable, Labels]:
    """Find the files and their classes; see `Samples.from_directory`."""
    if isinstance(extensions, str):
        raise TypeError(f'extensions must be a list like [".jpg"], not the string {extensions!r}')
    root = os.fspath(path)
    endings = tuple(ending.lower() for ending in extensions)
    found = _folders(root)
    folders = found if classes is None else class_names(classes)
    absent = [name for name in folders if name not in found]
    if absent:
        raise ValueError(f"{root}: no folders for the classes {listed(absent)}; the folders are {listed(found)}")
    if not folders and any(name.lower().endswith(endings) for name in os.listdir(root)):
        raise ValueError(
            f"{root} has images but no class folders; make a folder for each class, or use Samples.from_files"
        )
    counts = np.zeros(len(folders), np.int64)

    def chunks() -> Iterator[list[str]]:
        for number, folder in enumerate(folders):
            for files in _files(root, folder, endings, follow_links):
                counts[number] += len(files)
                yield files

    table = PathTable.from_chunks(chunks(), root)
    if not len(table):
        raise ValueError(f"{root}: no folder in it has a file that ends in {', '.join(endings)}")
    return table, Labels(np.repeat(np.arange(len(folders), dtype=np.int32), counts), tuple(folders))


def _folders(root: str) -> tuple[str, ...]:
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    return tuple(sorted(name for name in names if not name.startswith(".")))


def _files(root: str, folder: str, endings: tuple[str, ...], follow_links: bool) -> Iterator[list[str]]:
    """Iterate over the folders of a class, yielding the files in each, relative to `root`.

    Folders are sorted by their whole path, so that "a b" comes between "a" and "a/b"; files are sorted by name.
    """
    top = os.path.join(root, folder)
    for where, names in sorted(_walk(top, follow_links)):
        inside = os.path.join(folder, where[len(top) + 1 :], "")
        yield [inside + name for name in sorted(names) if name.lower().endswith(endings)]


def _walk(top: str, follow_links: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder and the names of its files; links to a folder that contains them are not followed."""
    above = {top: frozenset([os.path.realpath(top)])}
    for where, folders, names in os.walk(top, onerror=_raise, followlinks=follow_links):
        if follow_links:
            inside = above.pop(where)
            real = {name: os.path.realpath(os.path.join(where, name)) for name in folders}
            folders[:] = [name for name in folders if real[name] not in inside]
            above.update((os.path.join(where, name), inside | {real[name]}) for name in folders)
        yield where, names


def _raise(error: OSError) -> None:
    raise error
