"""The images in a block that was fetched."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, TypeAlias

from fastseq.samples.member_header import contents_offset
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.arrow_images import ArrowImages, find_images
from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.store_file import PartFile

Item: TypeAlias = memoryview | tuple[memoryview, int, int] | tuple[bytes, int]
"""An image, or a member of an archive with its inflated size and CRC-32, or the words and the status of one that is not
there; as `fastseq._native.job.Job` takes them."""

_MAX_ROW_GROUP_BYTES = 1 << 31  # once it is decompressed; as much as a binary array of Arrow holds


class BlockImages(Protocol):
    """The images in a block."""

    def image(self, offset: int, length: int, inflated_size: int, crc32: int) -> Item:
        """The image at an offset from the block's start, as the table has it; all of it if the length is negative."""


class RawImages:
    """Images that lie in the block as they are."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def image(self, offset: int, length: int, inflated_size: int, crc32: int) -> Item:
        """See `BlockImages`."""
        del inflated_size, crc32
        if length < 0:
            return self._data
        if not 0 <= offset <= offset + length <= self._data.nbytes:
            return b"the index puts it where its block is not", int(Status.CORRUPT)
        return self._data[offset : offset + length]


class MemberImages:
    """Images that are members of a zip archive, each after its header."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def image(self, offset: int, length: int, inflated_size: int, crc32: int) -> Item:
        """See `BlockImages`."""
        begin = contents_offset(self._data, offset)
        if begin < 0 or begin + length > self._data.nbytes:
            return b"it is not where the archive's central directory says", int(Status.CORRUPT)
        return self._data[begin : begin + length], inflated_size, crc32


class RowGroupImages:
    """Images in a row group of a Parquet file, decompressed."""

    def __init__(self, images: ArrowImages) -> None:
        self._images = images
        self._buffers: Sequence[memoryview] = [buffer.data for buffer in images.buffers]

    def image(self, offset: int, length: int, inflated_size: int, crc32: int) -> Item:
        """See `BlockImages`; the offset is a row."""
        del length, inflated_size, crc32
        if not 0 <= offset < len(self._images.numbers):
            return b"its row is not in the row group", int(Status.CORRUPT)
        number = int(self._images.numbers[offset])
        if number < 0:
            return b"the row has no image", int(Status.EMPTY)
        begin = int(self._images.offsets[offset])
        return self._buffers[number][begin : begin + int(self._images.lengths[offset])]


def images_in(table: PathTable, number: int, data: memoryview) -> BlockImages:
    """The images in a block of a table.

    Args:
        table: the table, which has `blocks`.
        number: of the block.
        data: its bytes.

    Raises:
        StoreError: if it is a row group that cannot be read.
    """
    if table.has_member_headers:
        return MemberImages(data)
    return RawImages(data) if table.row_groups is None else RowGroupImages(_row_group(table, number, data))


def _row_group(table: PathTable, number: int, data: memoryview) -> ArrowImages:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    groups, blocks = table.row_groups, table.blocks
    assert groups is not None
    assert blocks is not None
    shard, start = int(blocks.shards[number]), int(blocks.offsets[number])
    path, footer, group = table.file(shard), groups.footers[shard], int(groups.numbers[number])
    if _size(footer.row_group(group), groups.column) > _MAX_ROW_GROUP_BYTES:
        raise StoreError(path, Status.FILE_TOO_LARGE, f"row group {group}")
    source: Any = PartFile(data, start, start + data.nbytes)
    try:
        file = parquet.ParquetFile(source, metadata=footer, pre_buffer=False)
        column = file.read_row_group(group, [groups.column], use_threads=False).column(0)
        return find_images(column, path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise StoreError(path, Status.CORRUPT, f"row group {group}: {error}") from error


def _size(group: Any, leaf: str) -> int:
    chunks = (group.column(i) for i in range(group.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema == leaf)
