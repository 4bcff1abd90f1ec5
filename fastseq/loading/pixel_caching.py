"""The pixel cache of a loader."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.folder_pixels import FolderPixels
from fastseq.engine.pixel_cache import MemoryPixels, PixelCache, memory_bound
from fastseq.engine.settings import Settings
from fastseq.samples import Samples
from fastseq.samples.path_table import PathTable
from fastseq.urls import is_url


def pixel_cache_of(
    samples: Samples, settings: Settings, pixel_cache: StrPath | None, pixel_cache_bytes: Any
) -> PixelCache | None:
    """The cache that the arguments of a `Loader` ask for; None for none.

    Raises:
        TypeError: if `pixel_cache` is no path, or `pixel_cache_bytes` no size.
        ValueError: if there is a size without a cache, a cache in memory without a size, or a folder for images of
            which nothing tells whether they have changed.
    """
    if pixel_cache is None or pixel_cache == "ram":
        bound = memory_bound(pixel_cache, pixel_cache_bytes)
        return None if bound is None else MemoryPixels(settings, len(samples.table), bound)
    if not isinstance(pixel_cache, (str, os.PathLike)):
        raise TypeError(f'pixel_cache must be "ram" or the path of a folder, not {arguments.shown(pixel_cache)}')
    max_bytes = None if pixel_cache_bytes is None else arguments.byte_count("pixel_cache_bytes", pixel_cache_bytes)
    folder = os.fspath(pixel_cache)
    if not isinstance(folder, str) or not folder or is_url(folder):
        raise ValueError(f'pixel_cache must be "ram" or a folder on a local disk, not {folder!r}')
    if samples.table.contents is not None:
        raise ValueError(
            'pixel_cache must be "ram" for images that are held in memory: nothing would tell the next run that they '
            "have changed"
        )
    if samples.table.etags is not None and None in samples.table.etags:
        raise ValueError(
            'pixel_cache must be "ram" for images in a store that gives no ETags: nothing would tell the next run that '
            "they have changed"
        )
    return FolderPixels(settings, len(samples.table), os.path.abspath(folder), max_bytes, _digest(samples.table))


def _digest(table: PathTable) -> bytes:
    """A hash of where the images are, and of the versions of what they are in."""
    digest = hashlib.blake2b(digest_size=32)
    is_relative = table.blob[:1].tobytes() != b"/"
    root = os.path.abspath(table.root) if is_relative and table.etags is None else table.root
    arrays: list[NDArray[Any] | None] = [table.blob, table.offsets, table.path_numbers, table.versions]
    if table.ranges is not None:
        arrays += table.ranges.columns
    digest.update(repr((root, table.etags, [None if array is None else array.shape for array in arrays])).encode())
    for array in arrays:
        if array is not None:
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.digest()
