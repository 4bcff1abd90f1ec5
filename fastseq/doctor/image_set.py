"""The image set that `fastseq check` reads."""

from __future__ import annotations

from pathlib import Path

from fastseq.samples import Samples
from fastseq.samples.sources.directory import EXTENSIONS


def find_samples(source: Path, image: str, root: Path | None) -> Samples:
    """Return every image below a folder, or those of a CSV file.

    Args:
        source: the folder or the CSV file.
        image: the CSV column with the paths.
        root: the folder that these paths are relative to; the CSV file's own if None.

    Raises:
        OSError: if the source cannot be read.
        ValueError: if there are no images, or no such column.
    """
    if not source.is_dir():
        return Samples.from_csv(source, image, label=None, root=root)
    extensions = tuple(EXTENSIONS)
    paths = (path for path in source.rglob("*") if path.name.lower().endswith(extensions) and not path.is_dir())
    files = sorted(map(str, paths))
    if not files:
        raise ValueError(f"{source} has no images: no files that end in {', '.join(extensions)}")
    return Samples.from_files(files)
