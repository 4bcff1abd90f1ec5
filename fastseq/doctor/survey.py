"""Reads all images of a set, and counts formats, sizes and bad samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.look_ahead import DEFAULT_PREFETCH_BYTES, LookAhead, depth_ahead
from fastseq.engine.settings import Settings
from fastseq.engine.sources import TableSources
from fastseq.engine.threads import shared_threads
from fastseq.errors import BadSample
from fastseq.executors import Executor, LazyTasks, Task
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.blocks.block_prefetcher import block_prefetcher
from fastseq.loading.lanes import window_size
from fastseq.loading.prefetcher import Pending
from fastseq.order.order import Order
from fastseq.samples import Samples
from fastseq.samples.parts import part_of
from fastseq.status import Status

_SIDE = 16  # pixels of the output; the files are read in full whatever its size
_BATCH_SIZE = 64
_TASK_SIZE = 2048  # files


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

    @property
    def not_decoded(self) -> list[BadSample]:
        """Those of the bad samples that may be sound: nothing installed decodes their format."""
        return [sample for sample in self.bad if sample.status == Status.UNSUPPORTED_FORMAT]

    @property
    def quarantined(self) -> list[BadSample]:
        """The bad samples to list: all but `not_decoded`."""
        return [sample for sample in self.bad if sample.status != Status.UNSUPPORTED_FORMAT]


def survey(samples: Samples, *, strict: bool | str, threads: int | None, advance: Callable[[int], None]) -> Survey:
    """Decode every file, on all cores, and look at its format and size.

    Args:
        samples: the set.
        strict: which damaged JPEGs are bad; see `PixelSettings`.
        threads: how many threads decode; as many as there are cores if None.
        advance: called with the number of files that were read since the last call.
    """
    settings = Settings((_SIDE, _SIDE), color="gray", dtype="float32", strict=strict)
    decoder = Decoder(settings, shared_threads(threads), BatchAllocator(0))
    depth = depth_ahead(decoder.threads.count, _BATCH_SIZE)
    order = Order(len(samples), _BATCH_SIZE, shuffle=False)
    blocks = block_prefetcher(samples, order, window_size(None), settings.limits.file_bytes, None, None)
    found = Survey(len(samples), BadSampleLog())

    def begin(k: int, urgent: bool = False) -> Pending:
        indices = order.indices(0, k)
        rows, draws = samples.image_rows(indices)[0], np.empty((len(indices), 0))
        decode = partial(decoder.begin, draws=draws, urgent=urgent, numbers=indices, info=True)
        if blocks is None:
            return decode(TableSources(samples.table, rows))
        return blocks.begin(rows, decoder.batch_bytes(len(rows)), decode)

    look_ahead: LookAhead[int, Pending] = LookAhead(DEFAULT_PREFETCH_BYTES)
    try:
        for k in range(len(order)):
            if blocks is not None:
                blocks.move_to(0, k, depth)
            wanted = range(k + 1, min(k + 1 + depth, len(order)))
            batch = look_ahead.take(k, wanted) or begin(k, urgent=True)
            look_ahead.begin(wanted, begin, lambda _: decoder.batch_bytes(_BATCH_SIZE))
            batch.result()
            _add(batch, found)
            advance(len(batch.images))
    finally:
        look_ahead.cancel_prefetch()
        if blocks is not None:
            blocks.cancel_prefetch()
    return found


def survey_by_executor(
    samples: Samples, *, strict: bool | str, executor: Executor, advance: Callable[[int], None]
) -> Survey:
    """The same by tasks, each of which reads some thousand files with one thread."""
    firsts = range(0, len(samples), _TASK_SIZE)
    parts = [np.arange(first, min(first + _TASK_SIZE, len(samples))) for first in firsts]
    tasks = LazyTasks([partial(_task, samples, numbers, strict) for numbers in parts])
    found = Survey(len(samples), BadSampleLog())
    by_task: list[Survey] = [found] * len(tasks)
    for number, part in executor(tasks):
        by_task[number] = part
        advance(part.samples)
    for first, part in zip(firsts, by_task, strict=True):
        for report in part.log:
            found.log.add(replace(report, index=first + report.index))
        found.formats += part.formats
        found.sizes += part.sizes
    return found


def _task(samples: Samples, numbers: NDArray[np.int64], strict: bool | str) -> Task:
    return partial(_survey_part, part_of(samples, numbers), strict)


def _survey_part(samples: Samples, strict: bool | str) -> Survey:
    return survey(samples, strict=strict, threads=1, advance=lambda n: None)


def _add(batch: Pending, found: Survey) -> None:
    for report in batch.reports().values():
        found.log.add(report)
    for info in batch.info():
        found.formats[info.format] += 1
        if info.size is not None:
            height, width = info.size
            found.sizes.append((width, height))
