"""Which samples go into which shard of a pack: a pure function of the samples and the settings."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from fastseq.order.permutation import Permutation
from fastseq.order.rng import ORDER_STREAM, WINDOW_STREAM, stream_key
from fastseq.packing.contents import read_contents
from fastseq.packing.images import ImagePacker
from fastseq.packing.settings import PackSettings
from fastseq.samples import Samples
from fastseq.samples.parts import part_of_table

_FORMAT = 1
_MEASURED = 64  # images, for the size of a shard
_BLOCKS_MEASURED = 4
_USUAL_BYTES = 64 << 10  # of an image, where none of these is good
_TAR_BYTES = 1536  # around an image, with its label
_MAX_SHARDS = 1_000_000


def plan_shards(samples: Samples, settings: PackSettings) -> list[NDArray[np.int64]]:
    """The numbers of the samples in each shard, in their order there: int64 (n,) each.

    All samples are in random order, cut in parts of as many samples; the size of a sample is estimated from some of
    them. Samples that are read by blocks are shuffled as whole blocks, and then within each shard: each block is
    read once.
    """
    n = len(samples)
    sample_bytes = _sample_bytes(samples, settings)
    assert isinstance(settings.shard_bytes, int)
    shards = min(max(-(-n * sample_bytes // settings.shard_bytes), 1), n, _MAX_SHARDS)
    key = stream_key(settings.seed, 0, ORDER_STREAM)
    if not samples.table.is_read_by_blocks or samples.table.are_objects:
        order = Permutation(n, key)(np.arange(n))
        return np.array_split(order, shards)
    parts = _by_blocks(samples, shards, key)
    return [_shuffled(part, stream_key(settings.seed, i, WINDOW_STREAM)) for i, part in enumerate(parts)]


def plan_hash(samples: Samples, settings: PackSettings) -> str:
    """A hash of all that the bytes of a pack depend on."""
    what = json.dumps([_FORMAT, samples.fingerprint(), settings.about_bytes], sort_keys=True)
    return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()


def _sample_bytes(samples: Samples, settings: PackSettings) -> int:
    """About as many bytes as a sample takes in a shard: the mean of some, spread over the set."""
    table, rows = samples.table, samples.image_rows()[0]
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, _MEASURED).astype(np.int64))]
    if table.is_read_by_blocks and not table.are_objects:
        blocks = np.unique(table.blocks_of(chosen))
        few = blocks[np.linspace(0, len(blocks) - 1, _BLOCKS_MEASURED).astype(np.int64)]
        chosen = chosen[np.isin(table.blocks_of(chosen), few)]
    packer, sizes = ImagePacker(settings), []
    for image in read_contents(part_of_table(table, chosen), packer.max_bytes):
        packed = None if image.data is None else packer.pack(image.data, True)
        if packed is not None and packed.data is not None:
            sizes.append(len(packed.data))
    return samples.inputs.image_count * (int(np.mean(sizes or [_USUAL_BYTES])) + _TAR_BYTES)


def _by_blocks(samples: Samples, shards: int, key: int) -> list[NDArray[np.int64]]:
    """Parts of whole blocks, in random order, of about as many samples."""
    blocks = samples.table.blocks_of(samples.image_rows()[0])
    order = np.argsort(blocks, kind="stable")
    _, firsts, counts = np.unique(blocks[order], return_index=True, return_counts=True)
    runs = Permutation(len(firsts), key)(np.arange(len(firsts)))
    ends = np.cumsum(counts[runs])
    cuts = np.searchsorted(ends, np.arange(1, shards) * len(blocks) / shards, "left") + 1
    parts = [part for part in np.split(runs, np.unique(cuts)) if len(part)]
    return [np.concatenate([order[firsts[run] : firsts[run] + counts[run]] for run in part]) for part in parts]


def _shuffled(numbers: NDArray[np.int64], key: int) -> NDArray[np.int64]:
    return numbers[Permutation(len(numbers), key)(np.arange(len(numbers)))]
