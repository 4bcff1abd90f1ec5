"""Parts of a set for workers elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.blocks import Blocks
from fastseq.samples.path_table import PathTable
from fastseq.samples.samples import Samples


def part_of_table(table: PathTable, rows: NDArray[np.int64]) -> PathTable:
    """A table of some rows, int64 (m,), in this order, with no more of the rest than these need.

    Crop indexes are left out: workers elsewhere read whole images.
    """
    part = replace(table.take(rows), crops=None)
    blocks, groups = table.blocks, table.row_groups
    if blocks is None or not table.is_read_by_blocks:
        return replace(part, blocks=None)
    used = np.unique(table.blocks_of(rows))
    fewer = Blocks(blocks.shards[used], blocks.offsets[used], blocks.lengths[used])
    if groups is not None:
        needed = set(fewer.shards.tolist())
        footers = tuple(footer if i in needed else None for i, footer in enumerate(groups.footers))
        groups = replace(groups, footers=footers, numbers=groups.numbers[used], first_rows=groups.first_rows[used])
    return replace(part, blocks=fewer, row_groups=groups)


def part_of(samples: Samples, numbers: NDArray[np.int64]) -> Samples:
    """Some samples, int64 (m,), in this order, whose table has their images alone.

    Image j of sample i is row i + m * j.
    """
    part = samples.select(numbers)
    return Samples(
        part_of_table(part.table, part.image_rows().ravel()),
        np.arange(len(numbers)),
        part.stored_labels,
        part.classes,
        part.multi_label,
        part.empty_classes,
        part.ambiguous_integers,
        part.inputs.with_rows_in_blocks(len(numbers)),
    )
