"""The images in a row group of a Parquet file, which is decoded by fastseq or, where that cannot, by pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from fastseq._native.shards import decode_column
from fastseq.loading.blocks.block_item import BlockImages, Item
from fastseq.samples.path_table import PathTable
from fastseq.samples.row_groups import chunk_of
from fastseq.samples.sources.arrow_images import ArrowImages, find_images
from fastseq.status import Status
from fastseq.storage.pooled_memory import pooled
from fastseq.storage.store import StoreError
from fastseq.storage.store_file import PartFile

_MAX_BYTES = 1 << 31  # of a row group, once it is decompressed; as much as a binary array of Arrow holds
_MAX_SNAPPY_RATIO = 22  # three bytes become 64, at most
_NOT_THERE = b"its row is not in the row group", int(Status.CORRUPT)
_NO_IMAGE = b"the row has no image", int(Status.EMPTY)


class DecodedImages:
    """Images in memory, by row."""

    def __init__(self, data: memoryview, offsets: bytes, lengths: bytes) -> None:
        """Take what `decode_column` returned, and what the offsets are in."""
        self._data = data
        self._offsets, self._lengths = memoryview(offsets).cast("q"), memoryview(lengths).cast("q")

    def image(self, offset: int, length: int, inflated_size: int, checksum: int) -> Item:
        """See `BlockImages`; the offset is a row."""
        del length, inflated_size, checksum
        if not 0 <= offset < len(self._lengths):
            return _NOT_THERE
        begin, size = self._offsets[offset], self._lengths[offset]
        return _NO_IMAGE if size < 0 else self._data[begin : begin + size]


class ImagesOfArrow:
    """Images in the buffers of an Arrow column, by row."""

    def __init__(self, images: ArrowImages) -> None:
        self._images = images
        self._buffers: Sequence[memoryview] = [buffer.data for buffer in images.buffers]

    def image(self, offset: int, length: int, inflated_size: int, checksum: int) -> Item:
        """See `BlockImages`; the offset is a row."""
        del length, inflated_size, checksum
        if not 0 <= offset < len(self._images.numbers):
            return _NOT_THERE
        number = int(self._images.numbers[offset])
        if number < 0:
            return _NO_IMAGE
        begin = int(self._images.offsets[offset])
        return self._buffers[number][begin : begin + int(self._images.lengths[offset])]


def row_group_images(table: PathTable, block: int, data: memoryview) -> BlockImages:
    """The images in a row group.

    Args:
        table: the table, which has `blocks` and `row_groups`.
        block: its number among the table's blocks.
        data: its bytes.

    Raises:
        StoreError: if it cannot be read.
    """
    groups, blocks = table.row_groups, table.blocks
    assert groups is not None
    assert blocks is not None
    shard, begin = int(blocks.shards[block]), int(blocks.offsets[block])
    path, footer, number = table.file(shard), groups.footers[shard], int(groups.numbers[block])
    group, max_level = footer.row_group(number), groups.max_levels[shard]
    chunk = chunk_of(group, groups.column)
    if chunk.total_uncompressed_size > _MAX_BYTES:
        raise StoreError(path, Status.FILE_TOO_LARGE, f"row group {number}")
    try:
        if max_level is not None:
            return _by_fastseq(data, begin, group.num_rows, chunk, max_level)
        return _by_pyarrow(PartFile(data, begin, begin + data.nbytes), footer, number, groups.column, path)
    except ValueError as error:
        raise StoreError(path, Status.CORRUPT, f"row group {number}: {error}") from error


def _by_fastseq(data: memoryview, begin: int, rows: int, chunk: Any, max_level: int) -> DecodedImages:
    """ValueError if it is damaged."""
    out, size = None, chunk.total_uncompressed_size
    if chunk.compression == "SNAPPY":
        if not 0 <= size <= _MAX_SNAPPY_RATIO * data.nbytes:
            raise ValueError(f"{data.nbytes} bytes cannot be decompressed to {size}, as the file's footer says")
        out = pooled(size)
    status, reason, offsets, lengths = decode_column(data, begin, rows, max_level, out)
    if status != Status.OK:
        raise ValueError(reason)
    return DecodedImages(data if out is None else out, offsets, lengths)


def _by_pyarrow(source: Any, footer: Any, group: int, column: str, path: str) -> ImagesOfArrow:
    """ValueError if it cannot be read."""
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(source, metadata=footer, pre_buffer=False)
        read = file.read_row_group(group, [column], use_threads=False)
        return ImagesOfArrow(find_images(read.column(0), path))
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
