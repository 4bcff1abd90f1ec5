"""The image set that `fastseq check` reads: what training on the same folder or table would read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fastseq.samples import PathTable, Samples
from fastseq.samples.sources.directory import read_directory
from fastseq.samples.sources.folder_walk import EXTENSIONS, DiskFolders, FolderWalk


def find_samples(
    source: Path, image: str, root: Path | None, *, follow_links: bool, advance: Callable[[int], None]
) -> tuple[Samples, list[str]]:
    """Return the images of a folder, or those of a CSV file, and what was left out of the folder.

    Args:
        source: the folder, with class folders or with images alone; or the CSV file.
        image: the CSV column with the paths.
        root: the folder that these paths are relative to; the CSV file's own if None.
        follow_links: whether to follow links to folders below the class folders.
        advance: called with the number of images in each folder.

    Returns:
        The samples, and one line for each reason for which files were left out.

    Raises:
        OSError: if the source, or a folder in it, cannot be read.
        ValueError: if there are no images, or no such column.
    """
    if not source.is_dir():
        return Samples.from_csv(source, image, label=None, root=root), []
    folder = os.fspath(source)
    if classes := FolderWalk(DiskFolders(folder), None, follow_links).class_folders():
        table, _, report = read_directory(folder, classes=classes, follow_links=follow_links, advance=advance)
        return Samples(table), report.lines()
    walk = FolderWalk(DiskFolders(folder), None, follow_links, advance)
    table = PathTable.from_chunks(walk.images(""), folder)
    if not len(table):
        text = f"{folder} has no images: no files that end in {', '.join(EXTENSIONS)}"
        raise ValueError("; ".join([text, *walk.report.lines()]))
    return Samples(table), walk.report.lines()
