"""How the column of the images is stored in a Parquet file, by its footer."""

from __future__ import annotations

from typing import Any

from fastseq.samples.row_groups import chunk_of

_PLAIN = {"PLAIN", "RLE", "BIT_PACKED"}  # the latter two of levels alone
_DICTIONARY = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}


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
            chunk = chunk_of(group, leaf)
            if chunk is None:
                raise ValueError(f"{path}: row group {number} has no column {leaf!r}, unlike the file's schema")
            if not 0 <= group.num_rows <= chunk.total_compressed_size:
                raise ValueError(f"{path}: row group {number} has less than a byte for each image")
            self.chunks.append(chunk)
            self.rows.append(group.num_rows)

    @property
    def is_in_place(self) -> bool:
        """Whether the images lie in the file as they are."""
        return self._has_pages_of({"UNCOMPRESSED"}, _PLAIN) and not any(
            chunk.has_dictionary_page for chunk in self.chunks
        )

    @property
    def can_be_decoded(self) -> bool:
        """Whether fastseq decodes the pages itself, by `fastseq._native.shards.decode_column`."""
        return self._has_pages_of({"UNCOMPRESSED", "SNAPPY"}, _PLAIN | _DICTIONARY)

    def _has_pages_of(self, compressions: set[str], encodings: set[str]) -> bool:
        return self._max_repetition_level == 0 and all(
            chunk.physical_type == "BYTE_ARRAY"
            and chunk.compression in compressions
            and set(chunk.encodings) <= encodings
            for chunk in self.chunks
        )
