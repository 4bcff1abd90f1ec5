"""Sources of images: a folder, a table or a list of files, each read into one compact `Samples`."""

from __future__ import annotations

from fastseq.samples.path_table import PathTable
from fastseq.samples.samples import Samples

__all__ = ["PathTable", "Samples"]
