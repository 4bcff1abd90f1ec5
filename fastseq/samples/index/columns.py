"""An index as columns of numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.file_range import CRC32C
from fastseq.samples.blocks import Blocks, is_sorted
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.index.index_file import CROP_ROWS, NotAnIndexError
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.name_table import NameTable, are_offsets
from fastseq.samples.sources.left_out import LeftOut

_DTYPES = {
    "versions": ("<i8",),
    "shards": ("<i4",),
    "offsets": ("<i8",),
    "lengths": ("<i8",),
    "counts": ("<i8",),
    "checksums": ("<i8",),
    "block_shards": ("<i4",),
    "block_offsets": ("<i8",),
    "block_lengths": ("<i8",),
    "names": ("|u1",),
    "name_offsets": ("<i8",),
    "labels": ("<i4", "<i8", "<f4"),
    "texts": ("|u1",),
    "text_offsets": ("<i8",),
    CROP_ROWS: ("|u1",),
    "crop_offsets": ("<i8",),
}
_CHUNK = 1 << 20  # rows that are checked together
_NEEDED = {"versions", "shards", "offsets", "lengths", "counts", "block_shards", "block_offsets", "block_lengths"}


def columns_of(index: ShardIndex) -> dict[str, NDArray[Any]]:
    """The columns of an index, by name."""
    columns: dict[str, NDArray[Any]] = {
        "versions": index.versions,
        "shards": index.shards,
        "offsets": index.offsets,
        "lengths": index.lengths,
        "counts": index.counts,
        "block_shards": index.blocks.shards,
        "block_offsets": index.blocks.offsets,
        "block_lengths": index.blocks.lengths,
    }
    if index.checksums is not None:
        columns["checksums"] = index.checksums
    if index.names is not None:
        columns["names"], columns["name_offsets"] = index.names.blob, index.names.offsets
    if index.crops is not None:
        columns[CROP_ROWS], columns["crop_offsets"] = index.crops.blob, index.crops.offsets
    if index.labels is not None:
        columns["labels"] = index.labels.values
        if index.labels.texts is not None:
            texts = NameTable.of(index.labels.texts)
            columns["texts"], columns["text_offsets"] = texts.blob, texts.offsets
    return columns


def index_from_columns(
    paths: Sequence[str],
    columns: Mapping[str, NDArray[Any]],
    left_out: Mapping[str, LeftOut],
    etags: tuple[str | None, ...] | None,
    what: str,
) -> ShardIndex:
    """The index of some shards that has these columns.

    Args:
        paths: of the shards.
        columns: those of `columns_of`.
        left_out: what was left out.
        etags: see `ShardIndex`.
        what: where they are from, for a message.

    Raises:
        NotAnIndexError: if a column is missing, or if they do not fit together.
    """
    right = all(columns[name].dtype.str in _DTYPES.get(name, ()) for name in columns)
    if not right or not columns.keys() >= _NEEDED:
        raise NotAnIndexError(f"{what} does not have the columns of an index")
    versions, shards = columns["versions"], columns["shards"]
    n = len(shards)
    names = name_table(columns, "names", "name_offsets")
    texts = name_table(columns, "texts", "text_offsets")
    crops = name_table(columns, CROP_ROWS, "crop_offsets")
    labels, checksums = columns.get("labels"), columns.get("checksums")
    by_image = [
        column for column in (shards, columns["offsets"], columns["lengths"], labels, checksums) if column is not None
    ]
    offsets, lengths, counts = columns["offsets"], columns["lengths"], columns["counts"]
    blocks = Blocks(columns["block_shards"], columns["block_offsets"], columns["block_lengths"])
    sound = (
        n > 0
        and (etags is None or len(etags) == len(paths))
        and versions.shape == (len(paths), 2)
        and counts.shape == (len(paths),)
        and counts.min() >= 0
        and _are_blocks(blocks, versions)
        and all(column.shape == (n,) for column in by_image)
        and (checksums is None or _are_checksums(checksums))
        and (names is None or len(names) == n)
        and (crops is None or len(crops) == n)
        and _are_within(versions, shards, offsets, lengths)
        and (texts is None or (labels is not None and 0 <= labels.min() <= labels.max() < len(texts)))
        and (texts is None or len(set(map(texts.name, range(len(texts))))) == len(texts))
        and (blocks.shards[0], blocks.offsets[0]) <= (shards[0], offsets[0])
        and (labels is None or (labels.dtype == np.int32) == (texts is not None))
    )
    if not sound:
        raise NotAnIndexError(f"{what} has columns that do not fit together")
    raw = None
    if labels is not None:
        raw = RawLabels(labels, None if texts is None else tuple(map(texts.name, range(len(texts)))))
    rows = None if crops is None else CropIndexes.of_offsets(crops.blob, crops.offsets)
    return ShardIndex(
        tuple(paths), versions, shards, offsets, lengths, counts, blocks, names, raw, left_out, etags, checksums, rows
    )


def _are_blocks(blocks: Blocks, versions: NDArray[np.int64]) -> bool:
    """Whether blocks are sorted, and within shards of these versions."""
    return (
        0 < len(blocks.shards) == len(blocks.offsets) == len(blocks.lengths)
        and blocks.shards.ndim == blocks.offsets.ndim == blocks.lengths.ndim == 1
        and is_sorted(blocks.shards, blocks.offsets)
        and _are_within(versions, blocks.shards, blocks.offsets, blocks.lengths)
    )


def _are_within(
    versions: NDArray[np.int64], shards: NDArray[np.int32], offsets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> bool:
    """Whether parts of shards are within them, a chunk after the other, as there may be millions."""
    for start in range(0, len(shards), _CHUNK):
        shard, offset, length = (column[start : start + _CHUNK] for column in (shards, offsets, lengths))
        if not 0 <= shard.min() <= shard.max() < len(versions) or min(offset.min(), length.min()) < 0:
            return False
        if (length > versions[shard, 0] - offset).any():
            return False
    return True


def _are_checksums(checksums: NDArray[np.int64]) -> bool:
    parts = (checksums[start : start + _CHUNK] for start in range(0, len(checksums), _CHUNK))
    return all(-1 <= part.min() <= part.max() < 2 * CRC32C for part in parts)


def name_table(columns: Mapping[str, NDArray[Any]], blob: str, offsets: str) -> NameTable | None:
    """The names in two columns; None if there are none. NotAnIndexError if the columns do not fit together."""
    if blob not in columns and offsets not in columns:
        return None
    if blob in columns and offsets in columns and are_offsets(columns[offsets], columns[blob]):
        return NameTable(columns[blob], columns[offsets])
    raise NotAnIndexError(f"the columns {blob} and {offsets} do not fit together")
