"""Where the images of an `ImageDataGenerator`'s iterator come from: files, or an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.sources import ListSources, TableSources
from fastseq.samples.path_table import PathTable


class FileImages:
    """Files by their number."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Take the paths of all files."""
        self._table = PathTable.from_strings(paths)

    def sources(self, indices: NDArray[np.int64]) -> TableSources:
        """The sources of some of them."""
        return TableSources(self._table, indices)


class ArrayImages:
    """Float32 images in one array."""

    def __init__(self, array: NDArray[np.float32]) -> None:
        """Take the array, (images, ...); it is not copied, and batches begun ahead read it early."""
        self._array = array

    def sources(self, indices: NDArray[np.int64]) -> ListSources:
        """The sources of some of them."""
        return ListSources([np.require(self._array[i], None, ["C", "A"]).reshape(-1).view(np.uint8) for i in indices])

    def each(
        self, indices: NDArray[np.int64], step: Callable[[NDArray[Any]], NDArray[Any]] | None
    ) -> NDArray[np.float32]:
        """Copies of some of them, each changed by `step`."""
        images = self._array[indices]
        if step is not None:
            for image in images:
                image[...] = step(image)
        return images
