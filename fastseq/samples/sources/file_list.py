"""Samples from a list of files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, class_names
from fastseq.samples.label_values import encode_values, path_strings
from fastseq.samples.path_table import PathTable


def read_files(
    files: Iterable[StrPath], labels: Any = None, classes: Iterable[object] | None = None
) -> tuple[PathTable, Labels]:
    """Check the paths and encode the labels; see `Samples.from_files`."""
    if isinstance(files, str | bytes | os.PathLike):
        raise TypeError(f"files must be a list of paths, not {files!r}; for a folder use Samples.from_directory")
    table = PathTable.from_strings(path_strings(files, "files"))
    if not len(table):
        raise ValueError("files is empty; pass at least one file")
    if labels is None:
        if classes is not None:
            raise ValueError("classes without labels; pass labels too, or omit classes")
        return table, Labels()
    values = labels if hasattr(labels, "__len__") else list(labels)
    if len(values) != len(table):
        raise ValueError(f"{len(table)} files but {len(values)} labels; pass one label for each file")
    return table, encode_values(values, class_names(classes) if classes is not None else None, None, "labels")
