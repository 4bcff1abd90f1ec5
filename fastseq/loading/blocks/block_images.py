"""The images in a block that was fetched."""

from __future__ import annotations

from fastseq.loading.blocks.block_item import BlockImages, Item
from fastseq.loading.blocks.row_group_images import row_group_images
from fastseq.samples.member_header import contents_offset
from fastseq.samples.path_table import PathTable
from fastseq.status import Status


class RawImages:
    """Images that lie in the block as they are."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def image(self, offset: int, length: int, inflated_size: int, checksum: int) -> Item:
        """See `BlockImages`."""
        del inflated_size
        if length < 0:
            return self._data
        if not 0 <= offset <= offset + length <= self._data.nbytes:
            return b"the index puts it where its block is not", int(Status.CORRUPT)
        image = self._data[offset : offset + length]
        return image if checksum < 0 else (image, -1, checksum)


class MemberImages:
    """Images that are members of a zip archive, each after its header."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def image(self, offset: int, length: int, inflated_size: int, checksum: int) -> Item:
        """See `BlockImages`."""
        begin = contents_offset(self._data, offset)
        if begin < 0 or begin + length > self._data.nbytes:
            return b"it is not where the archive's central directory says", int(Status.CORRUPT)
        return self._data[begin : begin + length], inflated_size, checksum


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
    return RawImages(data) if table.row_groups is None else row_group_images(table, number, data)
