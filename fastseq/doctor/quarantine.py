"""The list of bad files that `fastseq check` writes, for `Samples.without`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from fastseq.loading.bad_sample_log import Ledger
from fastseq.samples.exclusions import listed_paths


def write_quarantine(bad: Ledger, path: Path) -> None:
    """List bad files by their absolute paths. If there are none, an older list is deleted.

    Raises:
        OSError: if the list cannot be written.
        ValueError: if the file exists and is not such a list.
    """
    if path.exists():
        listed_paths(path)
    if not bad:
        path.unlink(missing_ok=True)
        return
    listed = Ledger()
    for found in bad:
        listed.add(replace(found, path=os.path.abspath(found.path)))
    listed.write(path)
