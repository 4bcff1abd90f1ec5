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
    """

    column: str
    footers: tuple[Any, ...]
    numbers: NDArray[np.int32]
    first_rows: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.numbers, self.first_rows):
            array.setflags(write=False)
