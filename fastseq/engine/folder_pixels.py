"""Decoded pictures in a folder on a local disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from fastseq._native import tables
from fastseq._native.pixel_cache import PixelsInFolder, PixelsInMemory
from fastseq._warn import warn_user
from fastseq.engine.pixel_cache import PixelCache
from fastseq.engine.settings import Settings
from fastseq.engine.threads import register_fork_reset
from fastseq.errors import SamplesWarning
from fastseq.storage.cache_folder import CacheFolder

_FOLDER = "fastseq-pixels"
_FORMAT = 1  # of the files; a change of what our decoders make of an image changes it, too


class FolderPixels(PixelCache):
    """The pictures of one set of images for some settings, shared by all processes that have the same.

    A picture is not used if the size or the time of the last change of its file differ from those that the file had
    when it was made; each process looks once. A disk that is full or fails only costs speed. Safe to use from several
    threads.
    """

    def __init__(self, settings: Settings, cells: int, folder: str, max_bytes: int | None, images: bytes) -> None:
        """Open the folder, or create it; a warning says if that is impossible.

        Args:
            settings: what becomes of an image.
            cells: how many images there are.
            folder: where the folder of pictures is, or will be.
            max_bytes: bound on the size of all pictures in it; see `CacheFolder`.
            images: which images they are.
        """
        self._arguments = settings, cells, folder, max_bytes, images
        self._folder = folder
        self._inherited: list[PixelsInFolder] = []  # from parent processes, whose threads may have left them locked
        self._has_warned = False
        super().__init__(settings, PixelsInMemory(0, 0))  # which keeps nothing, until the folder is there
        key = self._key_of(images)
        set_bytes = None if self.keeps_whole_images else cells * settings.channels * int(np.prod(settings.size))
        try:
            self._shared = CacheFolder(Path(folder, _FOLDER), max_bytes, [key], set_bytes)
        except OSError as error:
            self._has_warned = True
            text = f"pixel_cache={folder!r} cannot be used, and images are decoded each time: {error}"
            warn_user(text, SamplesWarning)
            return
        self._key = key
        self._open()
        register_fork_reset(self)

    def _key_of(self, images: bytes) -> str:
        digest = hashlib.blake2b(images, digest_size=16)
        digest.update(f"{_FORMAT} {tables.library_versions()} {self._recipes.description}".encode())
        return digest.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return FolderPixels, self._arguments

    def reset_after_fork(self) -> None:
        """Open the files anew."""
        self._inherited.append(self._pixels)
        self._open()

    def _open(self) -> None:
        settings, cells, *_ = self._arguments
        data, records, used = (self._shared.path / name for name in (f"{self._key}.data", f"{self._key}.map", "used"))
        self._pixels = PixelsInFolder(
            *(os.fsencode(data), os.fsencode(records), os.fsencode(used)),
            cells=cells,
            channels=settings.channels,
            max_bytes=self._shared.max_bytes,
        )
        self._cells = self._pixels

    def warn(self) -> None:
        """Say once that pictures cannot be stored, if that is so."""
        if not self._has_warned and self._pixels.failure:
            self._has_warned = True
            why = os.strerror(self._pixels.failure)
            text = f"decoded images cannot be kept in {self._folder} ({why}): those that are not are decoded each time"
            warn_user(text, SamplesWarning)
