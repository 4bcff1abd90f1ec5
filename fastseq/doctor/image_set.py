"""The image set that `fastseq check` reads: what training on the same folder or table would read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

from fastseq.errors import SamplesWarning
from fastseq.samples import PathTable, Samples
from fastseq.samples.sources.directory import read_directory
from fastseq.samples.sources.folder_walk import EXTENSIONS, DiskFolders, FolderWalk
from fastseq.urls import is_url


def find_samples(
    source: str, image: str | None, root: str | None, *, follow_links: bool, advance: Callable[[int], None]
) -> tuple[Samples, list[str]]:
    """Return the images of a folder, of shards or of a CSV file, and what was left out.

    Args:
        source: the folder, with class folders or with images alone; a pattern of tar archives, TFRecord or Parquet
            files, or a zip archive, by its name; or the CSV file. Or the URL of one of these but a CSV file.
        image: the CSV column with the paths, "image" if None; or what the images are, as `from_tar`, `from_tfrecord`
            and `from_parquet` take it.
        root: the folder that these paths are relative to; the CSV file's own if None.
        follow_links: whether to follow links to folders below the class folders.
        advance: called with the number of images in each folder.

    Returns:
        The samples, and one line for each reason for which files were left out.

    Raises:
        OSError: if the source, or a folder in it, cannot be read.
        ValueError: if there are no images, or no such column.
    """
    if not os.path.isdir(source):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", SamplesWarning)
            samples = _of_file(source, image, root)
        return samples, [str(warning.message) for warning in caught]
    if classes := FolderWalk(DiskFolders(source), None, follow_links).class_folders():
        table, _, report = read_directory(source, classes=classes, follow_links=follow_links, advance=advance)
        return Samples(table), report.lines()
    walk = FolderWalk(DiskFolders(source), None, follow_links, advance)
    table = PathTable.from_chunks(walk.images(""), source)
    if not len(table):
        text = f"{source} has no images: no files that end in {', '.join(EXTENSIONS)}"
        raise ValueError("; ".join([text, *walk.report.lines()]))
    return Samples(table), walk.report.lines()


def _of_file(source: str, image: str | None, root: str | None) -> Samples:
    name = os.path.basename(source).lower()
    if name.endswith(".zip"):
        return Samples.from_zip(source)
    if ".tar" in name:
        return Samples.from_tar(source, image)
    if "tfrec" in name:
        return Samples.from_tfrecord(source, image or "inferred", label=None)
    if name.endswith(".parquet"):
        return Samples.from_parquet(source, image or "inferred", label=None)
    if is_url(source):
        return Samples.from_directory(source)
    return Samples.from_csv(source, image or "image", label=None, root=root)
