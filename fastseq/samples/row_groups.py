"""Where images are in Parquet files: in a column of row groups, each of which is read as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RowGroups:
    """The row groups of Parquet files: block i of the table is a column of row group i.

    An image is at an offset of the block's own plus its row in the row group. The arrays are read-only.

    Attributes:
        column: the column, with a dot before a field: "image.bytes".
        footers: of each file, as a pyarrow.parquet.FileMetaData.
        numbers: int32 (blocks,), the number of each row group in its file.
        first_rows: int64 (blocks,), the number of its first row in its file.
        max_levels: for each file, the definition level of an image that is there, if fastseq decodes the pages; None if
            pyarrow does.
    """

    column: str
    footers: tuple[Any, ...]
    numbers: NDArray[np.int32]
    first_rows: NDArray[np.int64]
    max_levels: tuple[int | None, ...]

    def __post_init__(self) -> None:
        for array in (self.numbers, self.first_rows):
            array.setflags(write=False)


def chunk_of(group: Any, column: str) -> Any:
    """A column of a pyarrow.parquet.RowGroupMetaData, as a ColumnChunkMetaData; None if it is not there."""
    chunks = (group.column(i) for i in range(group.num_columns))
    return next((chunk for chunk in chunks if chunk.path_in_schema == column), None)
