"""What a block holds for a job."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Packed: TypeAlias = tuple[memoryview, int, int] | tuple[memoryview, int, int, NDArray[np.uint8]]
Item: TypeAlias = memoryview | _Packed | tuple[bytes, int]
"""An image, or one with its inflated size and checksum, each -1 for none, and perhaps its crop index; or the words and
the status of what is not there. As `fastseq._native.job.Job` takes them."""


class BlockImages(Protocol):
    """The images in a block."""

    def image(self, offset: int, length: int, inflated_size: int, checksum: int) -> Item:
        """The image at an offset from the block's start, as the table has it; all of it if the length is negative."""
