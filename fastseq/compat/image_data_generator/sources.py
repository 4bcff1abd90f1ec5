"""Where the pictures of an `ImageDataGenerator`'s iterator come from: files, or an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.fallback import read_file
from fastseq.engine.pending_batch import Read
from fastseq.samples.path_table import PathTable


class FilePictures:
    """Files by their number."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Take the paths of all files."""
        self._table = PathTable.from_strings(paths)

    def sources(self, indices: NDArray[np.int64]) -> tuple[Any, None]:
        """Some of them, as `_native.job.Job` takes them."""
        return (self._table.blob, self._table.offsets, self._table.root, indices), None

    def read(self, index: int) -> Read:
        """What reads one of them."""
        return partial(read_file, self._table.path(index))

    def path(self, index: int) -> str:
        """The path of one of them."""
        return self._table.path(index)


class ArrayPictures:
    """Pictures of float32 in one array."""

    def __init__(self, array: NDArray[np.float32]) -> None:
        """Take the array, (pictures, ...); it may be changed later on."""
        self._array = array

    def sources(self, indices: NDArray[np.int64]) -> tuple[Any, list[bool]]:
        """Some of them, as `_native.job.Job` takes them."""
        pictures = [np.ascontiguousarray(self._array[i]).reshape(-1).view(np.uint8) for i in indices]
        return pictures, [False] * len(pictures)

    def each(
        self, indices: NDArray[np.int64], step: Callable[[NDArray[Any]], NDArray[Any]] | None
    ) -> NDArray[np.float32]:
        """Copies of some of them, each changed by `step`."""
        pictures = self._array[indices]
        if step is not None:
            for picture in pictures:
                picture[...] = step(picture)
        return pictures

    def read(self, index: int) -> Read:
        """The bytes of one of them."""
        return lambda most: self._array[index].tobytes()

    def path(self, index: int) -> None:
        """None: it has no path."""
