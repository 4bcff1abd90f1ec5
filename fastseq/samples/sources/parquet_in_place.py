"""Images that lie in Parquet files as they are: in pages that are neither compressed nor encoded.

`datasets` of Hugging Face writes images so. Each is then a range of bytes, as in a tar archive.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import numpy as np

from fastseq._native.shards import ParquetReader
from fastseq.samples.index.kept_index import ShardsToIndex
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.sources.parquet_image_column import ImageColumn
from fastseq.samples.sources.shard_errors import PARQUET_FILE, check_open, unreadable
from fastseq.samples.sources.shard_files import index_command, shard_file
from fastseq.samples.sources.shard_images import ShardImages
from fastseq.status import Status

_PAGES = 64  # read at once, between two looks at signals: of 1 MB, most often


class NotInPlaceError(ValueError):
    """The images of a file do not lie in it as its footer says."""


def shards_in_place(paths: Sequence[str], columns: Sequence[ImageColumn], leaf: str) -> ShardsToIndex:
    """Files whose images lie in them as they are, and how they are indexed.

    Args:
        paths: of the files.
        columns: of the images, in each file.
        leaf: the name of that column.
    """
    tasks = [partial(_index_shard, path, _places(column)) for path, column in zip(paths, columns, strict=True)]
    command = index_command(paths, leaf.removesuffix(".bytes"), None)
    return ShardsToIndex("parquet", {"image": leaf}, tuple(paths), tasks, ShardIndex.concatenate, command)


def _places(column: ImageColumn) -> list[tuple[int, int, int, int]]:
    """The chunks of a column as `ParquetReader.start` takes them, which can be pickled."""
    return [
        (chunk.data_page_offset, chunk.total_compressed_size, rows, column.max_level)
        for chunk, rows in zip(column.chunks, column.rows, strict=True)
    ]


def _index_shard(shard: str, chunks: Sequence[tuple[int, int, int, int]]) -> ShardIndex:
    images, row = ShardImages(), 0
    with shard_file(shard) as file:
        reader = ParquetReader(os.fsencode(file.path))
        check_open(shard, reader)
        images.add_shard(reader.version, file.info)
        for number, chunk in enumerate(chunks):
            reader.start(*chunk)
            while not reader.done:
                offsets, lengths = (np.frombuffer(column, np.int64).tolist() for column in reader.read(_PAGES))
                for offset, length in zip(offsets, lengths, strict=True):
                    images.add(offset, max(length, 0), f"row {row}")
                    row += 1
            if reader.status in (Status.CORRUPT, Status.TRUNCATED):
                raise NotInPlaceError(f"{shard}: row group {number} is not as the file's footer says, {reader.reason}")
            if reader.status != Status.OK:
                raise unreadable(shard, reader, PARQUET_FILE)
    images.count(row)
    return images.index([shard], None)
