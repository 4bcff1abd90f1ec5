"""The bytes of the images of a table, in the order in which they are read fastest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastseq._native.contents import SourceReader
from fastseq.engine.sources import TableSources
from fastseq.loading.blocks.block_batch import BlockSources
from fastseq.loading.blocks.block_fetcher import Block, BlockFetcher
from fastseq.samples.name_table import NameTable
from fastseq.samples.path_table import PathTable
from fastseq.status import Status

_BLOCKS_AHEAD = 8


class ReadImage(NamedTuple):
    """The bytes of an image, or why they cannot be had.

    Attributes:
        row: of the image in its table.
        data: the bytes; None if they cannot be had.
        status: why not.
        detail: in words.
    """

    row: int
    data: bytes | None
    status: Status = Status.OK
    detail: str = ""


def read_contents(table: PathTable, max_bytes: int) -> Iterator[ReadImage]:
    """Iterate over the images of all rows of a table, each of at most `max_bytes`, in any order."""
    if table.is_read_by_blocks:
        yield from _by_blocks(table, max_bytes)
        return
    rows = _in_file_order(table)
    reader = SourceReader(TableSources(table, rows).for_job(), max_bytes)
    yield from _read(reader, rows)


def _in_file_order(table: PathTable) -> NDArray[np.int64]:
    if table.path_numbers is None or table.ranges is None:
        return np.arange(len(table))
    return np.lexsort((table.ranges.offsets, table.path_numbers))


def _read(reader: SourceReader, rows: NDArray[np.int64]) -> Iterator[ReadImage]:
    for i, row in enumerate(rows.tolist()):
        data, status = reader.read(i)
        yield ReadImage(row, data, Status(status), "" if data is not None else reader.reason)


def _by_blocks(table: PathTable, max_bytes: int) -> Iterator[ReadImage]:
    rows = np.arange(len(table))
    numbers = table.blocks_of(rows)
    order = np.argsort(numbers, kind="stable")
    distinct, firsts = np.unique(numbers[order], return_index=True)
    ends = [*firsts[1:].tolist(), len(order)]
    fetcher = BlockFetcher(table, max_bytes, None)
    try:
        for i, (number, first, end) in enumerate(zip(distinct.tolist(), firsts.tolist(), ends, strict=True)):
            fetcher.hold(distinct[i : i + _BLOCKS_AHEAD].tolist())
            block = _wait(fetcher, number)
            chosen = order[first:end]
            sources = BlockSources(table, chosen, [block] * len(chosen))
            yield from _read(SourceReader(sources.for_job(), max_bytes), chosen)
            fetcher.release([number])
    finally:
        fetcher.cancel_prefetch()


def _wait(fetcher: BlockFetcher, number: int) -> Block:
    done = threading.Event()
    block = fetcher.get(number, done.set)
    while not done.wait(0.05):
        fetcher.ensure_running()
    return block


def image_names(table: PathTable, rows: NDArray[np.int64]) -> NameTable | None:
    """What the images in some rows, int64 (m,), are called, without the folder that all are in; None for no names."""
    if table.ranges is not None:
        return None if table.ranges.names is None else table.ranges.names.take(rows)
    numbers = rows if table.path_numbers is None else table.path_numbers[rows].astype(np.int64)
    return NameTable(table.blob, table.offsets).take(numbers)
