"""Decoded pictures that are kept between epochs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._native.pixel_cache import PixelCache as NativeCache
from fastseq._native.pixel_cache import PixelsInMemory
from fastseq.engine.picture_recipes import picture_recipes
from fastseq.engine.settings import Settings
from fastseq.file_range import FileRange


def memory_bound(pixel_cache: object, pixel_cache_bytes: Any) -> int | None:
    """The size of a cache in memory, checked; None for none.

    Args:
        pixel_cache: "ram", or None for no cache.
        pixel_cache_bytes: its size.

    Raises:
        TypeError: if that is no size.
        ValueError: if there is a size without a cache, or the other way round.
    """
    if pixel_cache is None:
        if pixel_cache_bytes is not None:
            raise ValueError('pixel_cache_bytes is the size of a cache: pass its place too, pixel_cache="ram"')
        return None
    if pixel_cache_bytes is None:
        raise ValueError('pixel_cache="ram" needs to know how much memory it may take: pixel_cache_bytes="8GB"')
    return arguments.byte_count("pixel_cache_bytes", pixel_cache_bytes)


class PixelCache:
    """Keeps the pictures of images for some settings, each in a cell of its own, up to a number of bytes.

    What is kept stays: in epochs that read everything once, this serves as many images as any cache of its size can.

    Attributes:
        changes_pixels: whether images have other pixels than without a cache, within what the filter promises.
    """

    def __init__(self, settings: Settings, cells: NativeCache) -> None:
        """Take the settings, and where the pictures are."""
        self._recipes = picture_recipes(settings)
        self._cells = cells
        self.changes_pixels = self.keeps_whole_images and settings.interpolation in ("antialias", "linear")

    @property
    def keeps_whole_images(self) -> bool:
        """See `PictureRecipes.is_whole`."""
        return self._recipes.is_whole

    def warn(self) -> None:
        """Say once that pictures cannot be kept, if that is so."""

    def for_job(self, images: int, cells: NDArray[np.int64] | None) -> tuple[Any, ...]:
        """The argument `pictures` of `fastseq._native.job.Job` for a number of images, whose cells these are."""
        if cells is None:
            cells = np.full(images, -1)
        return self._cells, self._recipes.picture, self._recipes.slot, cells


class MemoryPixels(PixelCache):
    """In the memory of the process. A forked child sees what its parent has kept; a pickled copy begins empty."""

    def __init__(self, settings: Settings, cells: int, max_bytes: int) -> None:
        """Prepare `cells` cells; memory is allocated as it is needed."""
        self._arguments = settings, cells, max_bytes
        self._pixels = PixelsInMemory(cells, max_bytes)
        super().__init__(settings, self._pixels)

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryPixels, self._arguments

    @property
    def nbytes(self) -> int:
        """The size of what is kept."""
        return self._pixels.nbytes


_NAMES = (str, os.PathLike, FileRange)
_SMALL_IMAGE = 4096  # bytes; there are as many cells as whole images of this size fit, up to a bound
_MAX_CELLS = 1 << 24


class PathPixels(MemoryPixels):
    """The same for images that are told apart by their paths, whose number is not known before.

    A file that changes keeps the picture that it had first. Safe to use from several threads.
    """

    def __init__(self, settings: Settings, max_bytes: int) -> None:
        """Prepare; memory is allocated as it is needed."""
        whole = picture_recipes(settings).is_whole
        picture = _SMALL_IMAGE if whole else settings.channels * int(np.prod(settings.size))
        super().__init__(settings, min(max_bytes // picture, _MAX_CELLS), max_bytes)
        self._numbers: dict[Any, int] = {}
        self._next = count()
        self._max_bytes = max_bytes

    def __reduce__(self) -> tuple[Any, ...]:
        return PathPixels, (self._arguments[0], self._max_bytes)

    def cells(self, files: Iterable[Any]) -> NDArray[np.int64]:
        """The cell of each file, by its path or `FileRange`; -1 where there is none left, and for contents."""
        return np.array([self._cell(file) for file in files], np.int64)

    def _cell(self, file: Any) -> int:
        number = self._numbers.get(file) if isinstance(file, _NAMES) else -1
        if number is None:
            if len(self._numbers) >= self._arguments[1]:
                return -1
            number = self._numbers.setdefault(file, next(self._next))
        return number
