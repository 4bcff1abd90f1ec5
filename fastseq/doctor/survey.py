"""Reads all images of a set, and counts formats, sizes and bad samples."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import cancel_all
from fastseq.engine.pending_batch import PendingBatch
from fastseq.engine.settings import Settings
from fastseq.engine.sources import TableSources
from fastseq.engine.threads import shared_threads
from fastseq.errors import BadSample
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.samples import Samples

_SIDE = 16  # pixels of what is decoded to: the files are read in full all the same
_TOGETHER = 64
_AHEAD = 2  # batches


@dataclass
class Survey:
    """What was found.

    Attributes:
        samples: how many.
        log: the bad samples, and those that were recovered from damaged data.
        formats: how many files of each format, by their first bytes.
        sizes: (width, height) in pixels, as stored, of those that say so.
    """

    samples: int
    log: BadSampleLog
    formats: Counter[str] = field(default_factory=Counter)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def bad(self) -> list[BadSample]:
        """The samples that cannot be decoded."""
        return [sample for sample in self.log if not sample.is_good]


def survey(samples: Samples, *, strict: bool, threads: int | None, advance: Callable[[int], None]) -> Survey:
    """Decode every file, on all cores, and look at its format and size.

    Args:
        samples: the set.
        strict: whether an image that decodes with warnings, or is cut off, is bad.
        threads: how many threads decode; as many as there are cores if None.
        advance: called with the number of files that were read since the last call.
    """
    settings = Settings((_SIDE, _SIDE), color="gray", strict=strict)
    decoder = Decoder(settings, shared_threads(threads), BatchAllocator(0))
    found = Survey(len(samples), BadSampleLog())
    begun: deque[PendingBatch] = deque()
    try:
        for start in range(0, len(samples), _TOGETHER):
            indices = np.arange(start, min(start + _TOGETHER, len(samples)))
            sources = TableSources(samples.table, samples.table_rows[indices])
            draws = np.empty((len(indices), 0))
            begun.append(decoder.begin(sources, draws, urgent=False, numbers=indices, info=True))
            if len(begun) > _AHEAD:
                advance(_take(begun, found))
        while begun:
            advance(_take(begun, found))
    finally:
        cancel_all(begun)
    return found


def _take(begun: deque[PendingBatch], found: Survey) -> int:
    """Wait for the first batch and add its findings; returns the number of its samples."""
    begun[0].result()
    batch = begun.popleft()
    for report in batch.reports().values():
        found.log.add(report)
    for info in batch.info():
        found.formats[info.format] += 1
        if info.size is not None:
            height, width = info.size
            found.sizes.append((width, height))
    return len(batch.images)
