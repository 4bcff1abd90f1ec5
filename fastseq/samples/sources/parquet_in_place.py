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


class ImageColumn:
    """The column of the images' bytes in a file.

    Attributes:
        max_level: the definition level of an image that is there.
        chunks: a pyarrow.parquet.ColumnChunkMetaData for each row group.
        rows: the number of rows of each row group.
    """

    def __init__(self, path: str, footer: Any, leaf: str) -> None:
        """Look it up.

        Args:
            path: of the file.
            footer: of the file, a pyarrow.parquet.FileMetaData.
            leaf: the name of the column.

        Raises:
            ValueError: if a row group lacks it, or cannot have as many images as it says.
        """
        schema = footer.schema
        column = next(column for column in (schema.column(i) for i in range(len(schema))) if column.path == leaf)
        self.max_level, self._max_repetition_level = column.max_definition_level, column.max_repetition_level
        self.chunks: list[Any] = []
        self.rows: list[int] = []
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            chunks = (group.column(i) for i in range(group.num_columns))
            chunk = next((chunk for chunk in chunks if chunk.path_in_schema == leaf), None)
            if chunk is None:
                raise ValueError(f"{path}: row group {number} has no column {leaf!r}, unlike the file's schema")
            if not 0 <= group.num_rows <= chunk.total_compressed_size:
                raise ValueError(f"{path}: row group {number} has less than a byte for each image")
            self.chunks.append(chunk)
            self.rows.append(group.num_rows)

    @property
    def is_in_place(self) -> bool:
        """Whether the images lie in the file as they are."""
        return self._max_repetition_level == 0 and all(map(_is_plain, self.chunks))


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


def _is_plain(chunk: Any) -> bool:
    return (
        chunk.physical_type == "BYTE_ARRAY"
        and chunk.compression == "UNCOMPRESSED"
        and not chunk.has_dictionary_page
        and set(chunk.encodings) <= _ENCODINGS
    )


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
