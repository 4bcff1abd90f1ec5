"""The image set that a command names, with its labels."""

from __future__ import annotations

import os

from fastseq.doctor.image_set import find_samples
from fastseq.samples import Samples
from fastseq.samples.index.remote_index import DEFAULT_NAME
from fastseq.samples.sources.folder_walk import DiskFolders, FolderWalk
from fastseq.urls import is_url


def labelled_samples(source: str, image: str | None, label: str | None, no_label: bool, root: str | None) -> Samples:
    """The samples of a folder, of shards, of a CSV file or of a pack.

    Args:
        source: the folder, with class folders or with images alone; a pack; a CSV file; a zip archive; or a pattern of
            tar archives, TFRecord or Parquet files, by its name.
        image: what the images are, as the method of `Samples` for this source takes it; None for its default.
        label: what the labels are, likewise; None for its default, which is none for tar archives.
        no_label: whether to leave out the labels.
        root: the folder that the paths in a CSV file are relative to.

    Raises:
        OSError: if the source cannot be read.
        ValueError: if there are no images, or no such labels, or if an option does not go with the source.
    """
    if no_label and label is not None:
        raise ValueError("--label names what --no-label leaves out: leave one of them out")
    name = os.path.basename(source).lower()
    if ".tar" in name:
        return Samples.from_tar(source, image, label)
    if "tfrec" in name:
        return Samples.from_tfrecord(source, image or "inferred", None if no_label else label or "inferred")
    if name.endswith(".parquet"):
        return Samples.from_parquet(source, image or "inferred", None if no_label else label or "inferred")
    if name.endswith(".csv"):
        return Samples.from_csv(source, image or "image", label=None if no_label else label or "label", root=root)
    given = {"--image": image, "--label": label, "--root": root}
    for option, value in given.items():
        if value is not None:
            raise ValueError(f"{option} is for CSV files and shards, not for {source}")
    samples = _folder_or_archive(source)
    return Samples(samples.table, samples.table_rows) if no_label else samples


def _folder_or_archive(source: str) -> Samples:
    if source.lower().endswith(".zip"):
        return Samples.from_zip(source)
    if is_url(source):
        return Samples.from_directory(source)
    if os.path.isfile(os.path.join(source, DEFAULT_NAME)):
        return Samples.from_pack(source)
    if FolderWalk(DiskFolders(source), None, False).class_folders():
        return Samples.from_directory(source)
    return find_samples(source, None, None, follow_links=False, advance=lambda n: None)[0]
