"""Images that lie in Parquet files as they are: in pages that are neither compressed nor encoded.

`datasets` of Hugging Face writes images so. Each is then a range of bytes, as in a tar archive.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from fastseq._native.shards import ParquetReader
from fastseq.samples.index.kept_index import ShardsToIndex
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.sources.shard_errors import PARQUET_FILE, check_open, unreadable
from fastseq.samples.sources.shard_files import index_command, shard_file
from fastseq.samples.sources.shard_images import ShardImages
from fastseq.status import Status

_ENCODINGS = {"PLAIN", "RLE", "BIT_PACKED"}  # the latter two of levels alone
_PAGES = 64  # read at once, between two looks at signals: of 1 MB, most often


class NotInPlaceError(ValueError):
    """The images of a file do not lie in it as its footer says."""


def are_in_place(footers: Sequence[Any], leaf: str) -> bool:
    """Whether all images lie in the files as they are.

    Args:
        footers: of the files, as pyarrow.parquet.FileMetaData.
        leaf: the column of the images' bytes.
    """
    return all(
        _column(footer, leaf).max_repetition_level == 0
        and all(_is_plain(chunk_of(footer.row_group(i), leaf)) for i in range(footer.num_row_groups))
        for footer in footers
    )


def shards_in_place(paths: Sequence[str], footers: Sequence[Any], leaf: str) -> ShardsToIndex:
    """Files whose images lie in them as they are, and how they are indexed.

    Args:
        paths: of the files.
        footers: of each file.
        leaf: the column of the images' bytes.
    """
    tasks = [
        partial(_index_shard, path, _chunks(footer, leaf), check_parts=path == paths[0])
        for path, footer in zip(paths, footers, strict=True)
    ]
    command = index_command(paths, leaf.removesuffix(".bytes"), None)
    return ShardsToIndex("parquet", {"image": leaf}, tuple(paths), tasks, ShardIndex.concatenate, command)


def chunk_of(group: Any, leaf: str) -> Any:
    """The chunk of a leaf column in a row group. ValueError if it has none, or one that is too small for its rows."""
    chunks = (group.column(i) for i in range(group.num_columns))
    chunk = next((chunk for chunk in chunks if chunk.path_in_schema == leaf), None)
    if chunk is None:
        raise ValueError(f"has no column {leaf!r}, unlike the file's schema")
    if not 0 <= group.num_rows <= chunk.total_compressed_size:
        raise ValueError("has less than a byte for each image")
    return chunk


def _column(footer: Any, leaf: str) -> Any:
    schema = footer.schema
    return next(column for column in (schema.column(i) for i in range(len(schema))) if column.path == leaf)


def _is_plain(chunk: Any) -> bool:
    return (
        chunk.physical_type == "BYTE_ARRAY"
        and chunk.compression == "UNCOMPRESSED"
        and not chunk.has_dictionary_page
        and set(chunk.encodings) <= _ENCODINGS
    )


def _chunks(footer: Any, leaf: str) -> list[tuple[int, int, int, int]]:
    """The column of each row group, as `ParquetReader.start` takes it."""
    level = _column(footer, leaf).max_definition_level
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    chunks = [chunk_of(group, leaf) for group in groups]
    return [
        (chunk.data_page_offset, chunk.total_compressed_size, group.num_rows, level)
        for group, chunk in zip(groups, chunks, strict=True)
    ]


def _index_shard(shard: str, chunks: Sequence[tuple[int, int, int, int]], *, check_parts: bool) -> ShardIndex:
    images, row = ShardImages(), 0
    with shard_file(shard, check_parts=check_parts) as file:
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
