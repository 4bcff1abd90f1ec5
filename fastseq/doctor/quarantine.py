"""The list of bad files that `fastseq check` writes, for `Samples.without`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fastseq.errors import BadSample
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.samples.exclusions import absolute, listed_paths


def write_quarantine(bad: Sequence[BadSample], path: Path) -> None:
    """List bad files by their absolute paths or URLs. If there are none, the list is empty.

    Raises:
        OSError: if the list cannot be written.
        ValueError: if the file exists and is not such a list.
    """
    if path.exists():
        listed_paths(path)
    log = BadSampleLog()
    for sample in bad:
        assert sample.path is not None, "every sample of a set is a file"
        log.add(replace(sample, path=absolute(os.fsdecode(sample.path))))
    log.write(path)
