"""Whether the drop-ins keep decoded images."""

from __future__ import annotations

from typing import Literal

from fastseq import arguments
from fastseq.engine.pixel_cache import MemoryPixels, PathPixels, memory_bound
from fastseq.engine.settings import Settings

_max_bytes: int | None = None


def set_pixel_cache(pixel_cache: Literal["ram"] | None, pixel_cache_bytes: int | str | None = None) -> None:
    """Let each drop-in made from now on keep decoded images, so that later epochs do not decode them again.

    The images are those that are augmented: batches have the same pixels as without, and the same random draws.
    `ImageDataGenerator.flow_from_directory` and `flow_from_dataframe`, `image_dataset_from_directory` and
    `DataGenerator` keep them; a file that changes while its images are kept is not read again.

    Args:
        pixel_cache: "ram", for the memory of the process; None, the default, to keep nothing.
        pixel_cache_bytes: bound on the images that each dataset, generator or iterator keeps, in bytes or as a text
            such as "4GB" or "512MiB". Once it is full, other images are decoded each time.

    Raises:
        TypeError: if `pixel_cache_bytes` is no size.
        ValueError: if `pixel_cache` is something else, or if there is no size for it.
    """
    global _max_bytes
    arguments.one_of("pixel_cache", pixel_cache, ("ram", None), "fastseq.Loader also takes a folder")
    _max_bytes = memory_bound(pixel_cache, pixel_cache_bytes)


def path_pixels(settings: Settings) -> PathPixels | None:
    """The cache of one drop-in, for files by their paths; None if it keeps nothing."""
    return None if _max_bytes is None else PathPixels(settings, _max_bytes)


def row_pixels(settings: Settings, rows: int) -> MemoryPixels | None:
    """The same for files by their numbers, below `rows`."""
    return None if _max_bytes is None else MemoryPixels(settings, rows, _max_bytes)
