"""Where the images of an `ImageDataGenerator`'s iterator come from: files, or an array.

Each is taken from the iterator anew for every batch: users replace files and arrays between batches, and change them in
place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.sources import ListSources

Files: TypeAlias = tuple[str, ...]


class Inputs(Protocol):
    """What the images of one batch are made from."""

    def sources(self) -> ListSources:
        """For the decoder."""

    def is_current(self) -> bool:
        """Whether the iterator still gives the same."""


class FileImages:
    """The files of an iterator."""

    def __init__(self, paths: Any) -> None:
        """Take the iterator's own list of paths."""
        self._paths = paths

    def files(self, indices: NDArray[np.int64]) -> Files | None:
        """The paths of some samples; None if the list has something else for one of them."""
        try:
            paths = tuple(map(self._paths.__getitem__, indices.tolist()))
            return paths if {*map(type, paths)} <= {str} else tuple(map(os.fsdecode, paths))
        except (LookupError, TypeError):
            return None

    def inputs(self, indices: NDArray[np.int64], files: Files) -> FileInputs:
        """The inputs of some samples, whose `files` these are."""
        return FileInputs(files)


class FileInputs:
    """The files of a batch. Other paths make another key, so these never go out of date."""

    def __init__(self, files: Files) -> None:
        """Take their paths."""
        self._files = files

    def sources(self) -> ListSources:
        """See `Inputs`."""
        return ListSources(self._files)

    def is_current(self) -> bool:
        """Always; see the class."""
        return True


class ArrayImages:
    """Float32 images in one array."""

    def __init__(self, array: NDArray[np.float32]) -> None:
        """Take the iterator's own array, (images, ...)."""
        self._array = array

    def files(self, indices: NDArray[np.int64]) -> Files | None:
        """No files; None if the array does not have all of these images."""
        return () if not indices.size or indices.max() < len(self._array) else None

    def inputs(self, indices: NDArray[np.int64], files: Files) -> ArrayInputs:
        """A copy of some images."""
        return ArrayInputs(self._array, indices)

    def each(
        self, indices: NDArray[np.int64], step: Callable[[NDArray[Any]], NDArray[Any]] | None
    ) -> NDArray[np.float32]:
        """Copies of some images, each changed by `step`."""
        images = self._array[indices]
        if step is not None:
            for image in images:
                image[...] = step(image)
        return images


class ArrayInputs:
    """Images of an array, copied, so that a change of the array in place is noticed."""

    def __init__(self, array: NDArray[np.float32], indices: NDArray[np.int64]) -> None:
        """Copy them."""
        self._array = array
        self._indices = indices
        self._copy = np.ascontiguousarray(array[indices])

    def sources(self) -> ListSources:
        """See `Inputs`."""
        return ListSources([image.reshape(-1).view(np.uint8) for image in self._copy])

    def is_current(self) -> bool:
        """Whether the array has the same bits as when they were copied."""
        pairs = zip(self._indices, self._copy, strict=True)
        return all(np.array_equal(self._array[i].view(np.uint32), image.view(np.uint32)) for i, image in pairs)
