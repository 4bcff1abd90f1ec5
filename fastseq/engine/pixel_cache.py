"""Decoded pictures that are kept between epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.pixel_cache import PixelCache as NativeCache
from fastseq._native.pixel_cache import PixelsInMemory
from fastseq.engine.picture_recipes import picture_recipes
from fastseq.engine.settings import Settings


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
