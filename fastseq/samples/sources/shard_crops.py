"""The crop indexes of the images in a shard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastseq._native.shards import ShardReader
from fastseq.limits import Limits
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.index.shard_index import ShardIndex

_IMAGES = 64  # indexed at once, between two looks at signals


def with_crops(index: ShardIndex, reader: ShardReader) -> ShardIndex:
    """The index of a single shard, with the crop indexes of its images, which are read for that."""
    blobs, sizes, max_bytes = [], [np.zeros(0, np.int64)], Limits().file_bytes
    for start in range(0, len(index.offsets), _IMAGES):
        offsets, lengths = (column[start : start + _IMAGES] for column in (index.offsets, index.lengths))
        blob, size = reader.crop_indexes(offsets, lengths, max_bytes)
        blobs.append(blob)
        sizes.append(np.frombuffer(size, np.int64))
    crops = CropIndexes.of_sizes(np.frombuffer(b"".join(blobs), np.uint8), np.concatenate(sizes))
    return replace(index, crops=crops)
