"""Where images come from: a folder, a table or a list of files, each read into one compact `Samples`."""

from __future__ import annotations

from fastseq.samples.samples import Samples
from fastseq.samples.table import PathTable

__all__ = ["PathTable", "Samples"]
