"""The lanes in which samples are shuffled by blocks."""

from __future__ import annotations

import numpy as np

from fastseq import arguments
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.order.lanes import BlockedSamples, Lanes, lane_count
from fastseq.samples import Samples
from fastseq.samples.blocks import is_sorted

_DEFAULT_WINDOW_BYTES = 1 << 30
_SHARE_IN_USE = 2 / 3  # of the window's bytes; the rest is for the blocks that come next


def lanes_of(samples: Samples, batch_size: int, shuffle: bool | str, window_bytes: int | str | None) -> Lanes | None:
    """The lanes for batches of samples; None if they are not shuffled by blocks.

    Args:
        samples: the samples.
        batch_size: samples in a batch, on all ranks together.
        shuffle: as for `Loader`; shards that are read by blocks are shuffled by them too.
        window_bytes: see `window_size`.

    Raises:
        TypeError: if a number is not an integer.
        ValueError: if samples are not in shards or have several images, or if a number is not positive.
    """
    table = samples.table
    if shuffle != "blocks" and not (shuffle and table.is_read_by_blocks and not table.are_objects):
        return None
    count = lane_count(arguments.integer("batch_size", batch_size, minimum=1))
    blocks = table.blocks
    if blocks is None:
        raise ValueError(
            'shuffle="blocks" is for images in shards, of from_tar, from_tfrecord, from_zip or from_parquet; use '
            "shuffle=True, which shuffles all samples"
        )
    if samples.inputs.image_count > 1:
        raise ValueError('shuffle="blocks" is for samples with one image each; use shuffle=True')
    mean, limit = max(float(blocks.lengths.mean()), 1.0), window_size(window_bytes)
    if table.is_read_by_blocks and count * mean > limit:
        warn_user(
            f"{count} lanes, one for each sample of a batch up to 256, hold a block of {mean / 1e6:,.0f} MB each: more "
            "than window_bytes allows. Choose a smaller batch_size, a larger window_bytes, or write smaller row groups",
            SamplesWarning,
        )
    window = _SHARE_IN_USE * limit / count / mean
    return Lanes(blocked_samples(samples), batch_size, max(round(window), 1))


def blocked_samples(samples: Samples) -> BlockedSamples:
    """Samples in shards, block by block."""
    table = samples.table
    assert table.blocks is not None
    assert table.ranges is not None
    assert table.path_numbers is not None
    shards, offsets = table.path_numbers, table.ranges.offsets
    if not samples.are_all_rows:
        shards, offsets = shards[samples.table_rows], offsets[samples.table_rows]
    order = None
    if is_sorted(shards, offsets):
        firsts = table.blocks.firsts(shards, offsets)
    else:
        found = table.blocks.find(shards, offsets)
        order = np.argsort(found, kind="stable")
        firsts = np.searchsorted(found[order], np.arange(len(table.blocks) + 1))
    used = np.flatnonzero(firsts[1:] > firsts[:-1]).astype(np.int32)
    return BlockedSamples(np.append(firsts[used], firsts[-1:]), order, used)


def window_size(window_bytes: int | str | None) -> int:
    """The bound on the blocks that are in use, or will be soon, in all lanes together; 1 GiB if None.

    Raises:
        TypeError: if it is neither an integer nor text.
        ValueError: if it is not positive, or no size.
    """
    return _DEFAULT_WINDOW_BYTES if window_bytes is None else arguments.byte_count("window_bytes", window_bytes)
